// The visible part of a MiniWoB++ page as accessibility elements (see accessibility.py). An expression: () => [element].
() => {
  const CONTROL = 'a,button,input,textarea,select,option,[role=button],[role=menuitem],[contenteditable=true]';
  const WIDGETS = [  // markup that screen readers know by its ARIA pattern, which these old widgets do not declare
    ['.selectric', 'combobox'], ['.selectric-items li', 'option'], ['.ui-slider-handle', 'slider'],
    ['.ui-datepicker-calendar a', 'gridcell'], ['.ui-menu-item', 'option'], ['.ui-tabs-nav a', 'tab'],
    ['.ui-accordion-header', 'heading'], ['.alink', 'link'], ['.ui-spinner-button', 'button'], ['h1,h2,h3,h4', 'heading'],
    ['a', 'link'], ['button,input[type=submit],input[type=button]', 'button'], ['input[type=checkbox]', 'checkbox'],
    ['input[type=radio]', 'radio'], ['input[type=range]', 'slider'], ['input,textarea,[contenteditable=true]', 'textbox'],
    ['select', 'combobox'], ['option', 'option'], ['img', 'image'],
  ];
  const WHOLE = new Set(['link', 'button', 'option', 'gridcell', 'tab', 'combobox', 'slider', 'checkbox', 'radio', 'textbox']);
  const OPERATED = WIDGETS.map(pair => pair[0]).join(',');
  const UNNAMED = new Set(['combobox', 'slider']);  // a page has one; its role says enough
  const SKIP = '#query,#reward-display,#click-canvas,#sync-task-cover,script,style,head';
  const squeeze = text => (text || '').replace(/\s+/g, ' ').trim();
  const unpointed = text => squeeze(text).replace(/\s*:$/, '');
  const words = text => squeeze(text.replace(/([a-z])([A-Z])/g, '$1 $2').replace(/[-_]+/g, ' ')).toLowerCase();
  const ordinal = n => n + (n % 10 == 1 && n != 11 ? 'st' : n % 10 == 2 && n != 12 ? 'nd' : n % 10 == 3 && n != 13 ? 'rd' : 'th');
  const pointer = e => e instanceof HTMLElement && getComputedStyle(e).cursor == 'pointer';
  const pointerRoot = e => pointer(e) && !pointer(e.parentElement);
  const drawn = e => e.matches('img') || /url\(/.test(getComputedStyle(e).content);
  const ownText = e => [...e.childNodes].some(n => n.nodeType == 3 && n.data.trim());

  function firstBox(e, kind) {  // of a text beside other elements only the text
    const text = kind == 'text' && e.children.length && [...e.childNodes].find(n => n.nodeType == 3 && n.data.trim());
    if (!text) return e.getClientRects()[0];
    const range = document.createRange();
    range.selectNodeContents(text);
    return range.getClientRects()[0];
  }
  function place(e, kind) {  // the part of its box that is inside the window and every scrolling ancestor, if hittable
    const r = firstBox(e, kind);
    if (!r || r.width < 2 || r.height < 2) return null;
    let [l, t, x, b] = [Math.max(r.left, 0), Math.max(r.top, 0), Math.min(r.right, innerWidth), Math.min(r.bottom, innerHeight)];
    for (let p = e.parentElement; p && p !== document.body; p = p.parentElement) {
      if (getComputedStyle(p).overflowY == 'visible') continue;
      const q = p.getBoundingClientRect();
      [l, t, x, b] = [Math.max(l, q.left), Math.max(t, q.top), Math.min(x, q.right), Math.min(b, q.bottom)];
    }
    if (x - l < 2 || b - t < 2 || (b - t) * (x - l) < 0.5 * r.width * r.height) return null;
    const hit = document.elementFromPoint((l + x) / 2, (t + b) / 2);
    if (!hit || !(e.contains(hit) || (hit.tagName == 'LABEL' && hit.contains(e)))) return null;
    return [l, t, x, b].map(v => Math.round(v * 10) / 10);
  }
  function role(e) {
    for (const [selector, name] of WIDGETS) if (e.matches(selector)) return name;
    if (drawn(e)) return 'image';
    if (pointerRoot(e)) return !e.children.length ? 'button' : e.querySelector(OPERATED) ? 'text' : 'row';
    return 'text';
  }
  function nearby(e) {  // the text of the smallest container that holds this control and nothing else to operate
    let p = e.parentElement;
    for (let i = 0; i < 2 && p && p.id != 'area'; i++, p = p.parentElement) {
      if ([...p.querySelectorAll('*')].some(o => o !== e && (o.matches(CONTROL) || pointer(o)) && !o.contains(e))) return '';
      const text = squeeze(p.innerText);
      if (text) return text.length <= 40 ? text : '';
    }
    return '';
  }
  function called(e, kind) {  // the accessible name; for unnamed icons and fields what their class, type or id says
    const by = e.getAttribute('aria-labelledby'), label = e.labels && e.labels[0];
    const field = kind == 'textbox' || kind == 'checkbox' || kind == 'radio' || kind == 'combobox' || kind == 'slider';
    const given = squeeze(by && document.getElementById(by) ? document.getElementById(by).innerText : '')
      || e.getAttribute('aria-label') || squeeze(label && label.innerText)
      || (!field && kind != 'row' && squeeze(e.innerText)) || e.getAttribute('placeholder')
      || (e.matches('input[type=submit],input[type=button]') && e.value) || e.title || e.alt || (field && kind != 'slider' && nearby(e));
    if (given) return unpointed(given).slice(0, 80).trim();
    if (UNNAMED.has(kind)) return '';
    if (e.type == 'date' || e.type == 'time') return e.type;
    const own = kind == 'image' || kind == 'row' ? e.classList[0] || e.id : e.id || (field ? '' : e.classList[0]);
    return !own || /\d/.test(own) ? '' : words(own);
  }
  function container(e) {  // the nearest table row, or one of several like boxes in a list
    for (let p = e; p && p.id != 'area'; p = p.parentElement) {
      if (p.tagName == 'TR' && !p.closest('.ui-datepicker')) return p;
      const like = p.classList[0] && p.children.length > 1 &&
        [...p.parentElement.children].filter(o => o.classList[0] == p.classList[0] && o.tagName == p.tagName).length;
      if (like > 1) return p;
    }
    return null;
  }
  function title(box) {
    if (!box) return '';
    for (const part of ['user', 'sender', 'title', 'name'])
      for (const o of box.querySelectorAll(`[class*=${part}]`)) if (squeeze(o.innerText)) return unpointed(o.innerText).slice(0, 40).trim();
    return unpointed((box.innerText || '').trim().split(/[\n\t]/)[0]).slice(0, 40).trim();
  }
  const found = [], counts = {};
  function visit(e) {
    if (e.matches(SKIP) || e instanceof SVGElement && !e.matches('text')) { if (!e.matches('svg,g')) return; }
    const kind = role(e), whole = WHOLE.has(kind);
    if (whole || kind == 'image' || kind == 'row' || kind == 'heading' || ownText(e)) {
      const box = place(e, kind);
      if (whole && e.type != 'hidden') counts[kind] = (counts[kind] || 0) + 1;
      const labels = e.matches('label') && (e.control || e.querySelector('input'));
      const group = box && title(container(e));
      const name = box && (called(e, kind) || (whole && !UNNAMED.has(kind) ? ordinal(counts[kind]) : ''));
      if (box && !labels && (name || UNNAMED.has(kind)))
        found.push({ role: kind, name, box, group: group == name ? '' : group,
          value: kind == 'checkbox' || kind == 'radio' ? (e.checked ? 'checked' : '')
            : e.type == 'password' ? '•'.repeat(e.value.length)
            : kind == 'textbox' ? squeeze(e.value === undefined ? e.innerText : e.value).slice(0, 80).trim()
            : kind == 'slider' ? nearby(e)
            : kind == 'combobox' ? squeeze(e.tagName == 'SELECT' ? (e.selectedOptions[0] || {}).text : e.innerText.replace('▾', '')) : '',
          focused: e === document.activeElement });
      if (whole) return;
    }
    for (const child of e.children) visit(child);
  }
  for (const child of document.body.children) visit(child);
  const fields = new Set(found.filter(o => o.role == 'textbox').map(o => o.name));
  return found.filter(o => o.role != 'text' || !fields.has(o.name.replace(/\s*:$/, '')));  // a field's label is its name
}
