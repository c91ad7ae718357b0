// Runs before a page's own scripts: the clock starts at the same moment in every episode.
(() => {
  const now = () => Date.UTC(2017, 0, 15, 12) + Math.floor(performance.now());
  window.Date = new Proxy(Date, {
    construct: (real, given) => given.length ? new real(...given) : new real(now()),
    apply: real => new real(now()).toString(),
    get: (real, name) => name == 'now' ? now : real[name],
  });
})();
// Counts timers that are about to change the page (menus, suggestions), so that a screenshot waits for them.
(() => {
  const set = window.setTimeout, clear = window.clearTimeout, soon = new Set();
  window.setTimeout = (f, ms, ...rest) => {
    const id = set((...given) => { soon.delete(id); typeof f == 'function' ? f(...given) : 0; }, ms, ...rest);
    if (!(ms > 600)) soon.add(id);
    return id;
  };
  window.clearTimeout = id => { soon.delete(id); clear(id); };
  const frame = () => new Promise(done => requestAnimationFrame(done));
  window.__frames = async () => { await frame(); await frame(); };
  window.__settle = async () => {
    const end = performance.now() + 1500;
    do await frame(); while (soon.size && performance.now() < end);
  };
})();
