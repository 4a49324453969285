// What happy-dom lacks: a canvas to draw on, sizes, animation frames at will.

const pen = new Proxy(
  {},
  {
    get: (own, name) =>
      name === "measureText" ? (t) => ({ width: 6 * t.length }) : (own[name] ?? (() => {})),
    set: (own, name, value) => Reflect.set(own, name, value),
  },
);
HTMLCanvasElement.prototype.getContext = () => pen;
globalThis.Path2D = class {
  addPath() {}
  arc() {}
  closePath() {}
  lineTo() {}
  moveTo() {}
  rect() {}
};
globalThis.ResizeObserver ??= class {
  disconnect() {}
  observe() {}
};
