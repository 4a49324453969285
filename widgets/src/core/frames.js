// The bytes in which a run travels; the counterpart of mxbook/explain/frames.py.

/**
 * Header and numbers of a frame: length (uint32), JSON padded to eight bytes, float64 numbers.
 *
 * @param {DataView | ArrayBuffer | Uint8Array} bytes
 * @returns {{ header: any, numbers: Float64Array }}
 */
export function decode(bytes) {
  const view = ArrayBuffer.isView(bytes)
    ? new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : new DataView(bytes);
  const length = view.getUint32(0, true);
  const text = new Uint8Array(view.buffer, view.byteOffset + 4, length);
  const header = JSON.parse(new TextDecoder().decode(text));
  const begin = view.byteOffset + 4 + length;
  // A copy: the numbers may begin at any address inside the message, which arrays cannot.
  const rest = view.buffer.slice(begin, view.byteOffset + view.byteLength);
  return { header, numbers: new Float64Array(rest) };
}

/**
 * One frame; the tests and the page without a kernel need it.
 *
 * @param {any} header
 * @param {ArrayLike<number>} numbers
 * @returns {DataView}
 */
export function encode(header, numbers) {
  let text = JSON.stringify(header);
  const size = () => new TextEncoder().encode(text).length;
  text += " ".repeat((8 - ((4 + size()) % 8)) % 8);
  const head = new TextEncoder().encode(text);
  const bytes = new Uint8Array(4 + head.length + 8 * numbers.length);
  new DataView(bytes.buffer).setUint32(0, head.length, true);
  bytes.set(head, 4);
  const body = new Uint8Array(Float64Array.from(numbers).buffer);
  bytes.set(body, 4 + head.length);
  return new DataView(bytes.buffer);
}
