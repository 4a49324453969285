// What is said to Python.

/**
 * Tell Python, if it still listens: after the kernel has gone a widget goes on without it.
 *
 * @param {() => unknown} tell
 */
export function quietly(tell) {
  const gone = (/** @type {unknown} */ error) => console.debug("mxbook: the kernel is gone", error);
  try {
    Promise.resolve(tell()).catch(gone);
  } catch (error) {
    gone(error);
  }
}
