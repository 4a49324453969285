// Frames of typed arrays; the counterpart of mxbook/explain/timeline/frame.py.

const KINDS = {
  f8: Float64Array,
  f4: Float32Array,
  u4: Uint32Array,
  u2: Uint16Array,
  u1: Uint8Array,
};

/** @typedef {Float64Array | Float32Array | Uint32Array | Uint16Array | Uint8Array} Numbers */

/**
 * Header and arrays of a frame: length (uint32), JSON padded to eight bytes, arrays padded alike.
 *
 * @param {DataView | ArrayBuffer | Uint8Array} bytes
 * @returns {{ header: any, arrays: Record<string, any> }}
 */
export function unpack(bytes) {
  const view = ArrayBuffer.isView(bytes)
    ? new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : new DataView(bytes);
  const length = view.getUint32(0, true);
  const text = new Uint8Array(view.buffer, view.byteOffset + 4, length);
  const header = JSON.parse(new TextDecoder().decode(text));
  let at = view.byteOffset + 4 + length;
  let buffer = /** @type {ArrayBuffer} */ (view.buffer);
  if (at % 8) {
    // Arrays cannot begin at any address: one copy, which may.
    buffer = buffer.slice(at, view.byteOffset + view.byteLength);
    at = 0;
  }
  /** @type {Record<string, Numbers>} */
  const arrays = {};
  for (const [name, kind, count] of header.arrays) {
    const type = KINDS[/** @type {keyof typeof KINDS} */ (kind)];
    arrays[name] = new type(buffer, at, count);
    at += Math.ceil((count * type.BYTES_PER_ELEMENT) / 8) * 8;
  }
  return { header, arrays };
}

/**
 * One frame; the tests need it.
 *
 * @param {any} header
 * @param {Record<string, [keyof typeof KINDS, ArrayLike<number>]>} arrays
 * @returns {DataView}
 */
export function pack(header, arrays) {
  const typed = Object.entries(arrays).map(
    ([name, [kind, values]]) =>
      /** @type {[string, string, Numbers]} */ ([name, kind, KINDS[kind].from(values)]),
  );
  const listed = typed.map(([name, kind, values]) => [name, kind, values.length]);
  const bytesOf = (/** @type {string} */ t) => new TextEncoder().encode(t);
  let text = JSON.stringify({ ...header, arrays: listed });
  text += " ".repeat((8 - ((4 + bytesOf(text).length) % 8)) % 8);
  const head = bytesOf(text);
  const size = typed.reduce((n, [, , v]) => n + Math.ceil(v.byteLength / 8) * 8, 0);
  const bytes = new Uint8Array(4 + head.length + size);
  new DataView(bytes.buffer).setUint32(0, head.length, true);
  bytes.set(head, 4);
  let at = 4 + head.length;
  for (const [, , values] of typed) {
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
    at += Math.ceil(values.byteLength / 8) * 8;
  }
  return new DataView(bytes.buffer);
}
