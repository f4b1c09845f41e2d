/* <duplex-lab>: a lab of Duplex in any page. One script, no build step, no dependency.

     <script src="https://…/duplex-lab.js" defer></script>
     <duplex-lab lab="exchange" settings="messages=20" title="HTTP and WebSocket">
       <a href="https://…/?lab=exchange">Open the lab</a>
     </duplex-lab>

   It makes a frame when it comes near to what is seen, gives it the height that the lab asks for, passes the page's colours on,
   and tells what goes on by events. Documented in docs/embedding.md. */
(() => {
  'use strict';

  if (customElements.get('duplex-lab')) return;

  /* What a message carries (`lab::embedding::VERSION`). */
  const VERSION = 1;
  const PERMISSIONS = 'cross-origin-isolated; local-network-access; local-network; loopback-network';
  const DEFAULT_HEIGHT = 480;
  /* No lab is higher: a frame that asks for more is not believed. */
  const MOST_HEIGHT = 20000;
  /* So long one frame is waited for before the next one is loaded. */
  const LOADS_WITHIN = 10000;
  const THEMES = ['light', 'dark', 'auto'];
  /* Where this script came from: Duplex lies beside it. */
  const OWN = document.currentScript ? document.currentScript.src : '';

  /* As a sheet of its own, which a page's policy for inline styles does not forbid. */
  const STYLE = new CSSStyleSheet();
  STYLE.replaceSync(`
    :host { display: block; position: relative; width: 100%; }
    :host([hidden]) { display: none; }
    iframe { display: block; width: 100%; border: 0; }
    iframe.loading { position: absolute; inset: 0; visibility: hidden; }
    .probe { position: absolute; width: 0; height: 0; overflow: hidden; transition: color 1ms; }`);

  /* Frames are loaded one after another, so that what they share is downloaded by the first and found in the cache by
     the others. */
  let loading = Promise.resolve();

  class DuplexLab extends HTMLElement {
    static observedAttributes = ['lab', 'settings', 'base', 'theme', 'title', 'height'];

    #frame = null;
    #probe;
    #origin = '';
    #ready = false;
    #state = 'idle';
    #results = null;
    #theme = '';
    #commands = [];
    #loaded = () => {};
    /* Ends what was begun when the element came into the page. */
    #ended = null;

    constructor() {
      super();
      const root = this.attachShadow({ mode: 'open' });
      root.adoptedStyleSheets = [STYLE];
      /* It has the colour of the text around the element, and a transition whenever that changes, whatever changed it. */
      this.#probe = document.createElement('span');
      this.#probe.className = 'probe';
      root.append(this.#probe, document.createElement('slot'));
    }

    /* `idle`, `waiting`, `running`, `finished`, `failed` or `stopped`. */
    get state() { return this.#state; }

    /* What the newest run came to, or null. */
    get results() { return this.#results; }

    /* Starts a run; a lab that is not loaded yet is loaded for it. */
    run() { this.#command('run'); }

    /* Ends the run, or the wait for one. */
    stop() { this.#command('stop'); }

    connectedCallback() {
      this.#ended = new AbortController();
      const { signal } = this.#ended;
      addEventListener('message', (event) => this.#hear(event), { signal });
      const look = () => this.#tellTheme();
      this.#probe.addEventListener('transitionrun', look, { signal });
      this.#probe.addEventListener('transitionend', look, { signal });
      matchMedia('(prefers-color-scheme: dark)').addEventListener('change', look, { signal });
      const seen = new IntersectionObserver((entries) => {
        if (entries.some((entry) => entry.isIntersecting)) {
          this.#load();
          /* What is not rendered has no transitions. */
          look();
        }
      }, { rootMargin: '300px' });
      this.#reserve();
      seen.observe(this);
      signal.addEventListener('abort', () => seen.disconnect());
    }

    disconnectedCallback() {
      this.#ended.abort();
      this.#unload();
    }

    /* Moved by `moveBefore`, which keeps the frame as it is. */
    connectedMoveCallback() {}

    attributeChangedCallback(name, before, after) {
      if (before === after || !this.isConnected) return;
      if (name === 'theme') this.#tellTheme();
      else if (name === 'title') this.#frame?.setAttribute('title', this.#title());
      else if (name === 'height') this.#reserve();
      else if (this.#frame) {
        this.#unload();
        this.#load();
      }
    }

    /* The lab's address, without a query. */
    #page() {
      const base = this.getAttribute('base');
      return base === null ? new URL('./', OWN || document.baseURI) : new URL(base, document.baseURI);
    }

    #address() {
      const address = this.#page();
      const query = new URLSearchParams(this.getAttribute('settings') ?? '');
      query.set('lab', this.getAttribute('lab') ?? query.get('lab') ?? 'exchange');
      query.set('theme', this.#wantedTheme());
      query.set('embed', '1');
      address.search = query;
      return address;
    }

    #title() { return this.getAttribute('title') ?? 'Duplex: HTTP and WebSocket'; }

    /* Room for what is to come, so that the page does not jump more than it must. */
    #reserve() {
      if (this.#ready) return;
      const height = `${Number(this.getAttribute('height')) || DEFAULT_HEIGHT}px`;
      this.style.minHeight = height;
      if (this.#frame) this.#frame.style.height = height;
    }

    #load() {
      if (this.#frame || !this.isConnected) return;
      const frame = document.createElement('iframe');
      this.#frame = frame;
      const address = this.#address();
      this.#origin = address.origin;
      this.#theme = address.searchParams.get('theme');
      frame.title = this.#title();
      frame.allow = PERMISSIONS;
      /* What stands within the element is shown until the lab is there, and for good where it never is. */
      frame.className = 'loading';
      this.#reserve();
      this.shadowRoot.append(frame);
      loading = loading.then(() => new Promise((next) => {
        if (this.#frame !== frame) return next();
        this.#loaded = next;
        setTimeout(next, LOADS_WITHIN);
        frame.src = address;
      }));
    }

    #unload() {
      this.#frame?.remove();
      this.#frame = null;
      this.#ready = false;
      this.#state = 'idle';
      this.#results = null;
      this.#commands = [];
      this.#loaded();
      this.#reserve();
      if (!this.shadowRoot.querySelector('slot')) this.shadowRoot.append(document.createElement('slot'));
    }

    #command(type) {
      if (this.#ready) this.#tell({ type });
      else if (this.isConnected) {
        this.#commands.push(type);
        this.#load();
      }
    }

    #tell(message) {
      this.#frame.contentWindow.postMessage({ duplex: VERSION, ...message }, this.#origin);
    }

    #hear({ source, origin, data }) {
      if (!this.#frame || source !== this.#frame.contentWindow || origin !== this.#origin || data?.duplex !== VERSION) return;
      if (data.type === 'ready') this.#begin(data);
      else if (data.type === 'height' && data.height > 0) this.#frame.style.height = `${Math.min(data.height, MOST_HEIGHT)}px`;
      else if (data.type === 'state') {
        if (data.state === this.#state) return;
        this.#state = data.state;
        this.#dispatch('state', { state: data.state });
      } else if (data.type === 'results') {
        if (data.run === this.#results?.run) return;
        this.#results = data;
        this.#dispatch('results', data);
      } else if (data.type === 'refused') this.#dispatch('refused', { command: data.command, reason: data.reason });
    }

    #begin(data) {
      this.#loaded();
      if (this.#ready) return;
      this.#ready = true;
      this.#frame.className = '';
      this.style.minHeight = '';
      this.shadowRoot.querySelector('slot').remove();
      /* So that it knows who embeds it, where the browser does not say so. */
      this.#tell({ type: 'hello' });
      this.#tellTheme();
      this.#dispatch('ready', { lab: data.lab, version: data.version });
      this.#commands.splice(0).forEach((type) => this.#tell({ type }));
    }

    #dispatch(what, detail) {
      this.dispatchEvent(new CustomEvent(`duplex-${what}`, { detail, bubbles: true, composed: true }));
    }

    /* The theme as the attribute says it; else as the page around has it: light text stands on a dark ground. */
    #wantedTheme() {
      const theme = this.getAttribute('theme');
      if (THEMES.includes(theme)) return theme;
      return lightness(getComputedStyle(this.#probe).color) > 0.5 ? 'dark' : 'light';
    }

    #tellTheme() {
      const theme = this.#wantedTheme();
      if (!this.#ready || theme === this.#theme) return;
      this.#theme = theme;
      this.#tell({ type: 'theme', theme });
    }
  }

  /* How light a CSS colour is, from 0 to 1. */
  function lightness(color) {
    let channels = /^rgba?\(/.test(color) ? color.match(/[\d.]+/g).map(Number) : null;
    if (!channels) {
      /* Another notation; the browser converts it. */
      const canvas = document.createElement('canvas').getContext('2d');
      canvas.fillStyle = color;
      canvas.fillRect(0, 0, 1, 1);
      channels = canvas.getImageData(0, 0, 1, 1).data;
    }
    const [red, green, blue] = channels;
    return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;
  }

  customElements.define('duplex-lab', DuplexLab);
})();
