// Starts the episode of a seed and returns the task's text, once pictures and fonts are there.
async seed => {
  const urls = [...document.styleSheets].flatMap(s => [...s.cssRules].flatMap(r =>
    [...r.cssText.matchAll(/url\("?([^")]+)"?\)/g)].map(m => new URL(m[1], s.href || location).href)));
  window.__images = urls.filter(u => /\.(png|gif|jpe?g|svg)$/.test(u)).map(u => Object.assign(new Image(), {src: u}));
  await Promise.all(window.__images.map(i => i.decode().catch(() => 0)));
  await document.fonts.ready;
  if (window.jQuery) jQuery.fx.off = true;
  core.EPISODE_MAX_TIME = 1e9;
  Math.seedrandom(seed);
  core.startEpisodeReal();
  for (let i = 0; i < 100 && !WOB_TASK_READY; i++) await window.__frames();
  await Promise.all([...document.images].map(i => i.decode().catch(() => 0)));
  const told = core.getUtterance();
  return typeof told == 'string' ? told : told.utterance;
}
