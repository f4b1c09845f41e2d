// Draws the same by several means in one document, each timed by the same clock in the same way: from data in
// memory until the frame with the picture has been laid out and painted by the browser's main thread. A drawing
// begins in a frame; where it is over within that frame, it is painted with it, otherwise with the next one.
(() => {
    // A message that is posted within a frame comes when its layout and painting are over.
    const afterwards = (then) => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = then;
        port2.postMessage(0);
    };
    const timed = (draw) => new Promise((done, failed) => requestAnimationFrame(() => {
        let inFrame = true;
        afterwards(() => { inFrame = false; });
        const began = performance.now();
        const over = () => done(performance.now() - began);
        (async () => draw())().then(
            () => (inFrame ? afterwards(over) : requestAnimationFrame(() => afterwards(over))),
            failed,
        );
    }));
    const frame = () => new Promise((done) => requestAnimationFrame(() => afterwards(done)));

    const paper = () => document.getElementById('paper');
    const fresh = (element) => {
        paper().replaceChildren(element);
        return element;
    };
    const svg = () => fresh(document.createElementNS('http://www.w3.org/2000/svg', 'svg'));

    // What is drawn, and of what.
    let text = '';
    let columns = [];
    let number = 0;

    const ways = {
        words: () => ours.words(svg()),
        window: () => ours.window(svg()),
        mermaid: async () => {
            number += 1;
            const drawn = await mermaid.render(`mermaid-${number}`, text);
            paper().innerHTML = drawn.svg;
        },
        chart: () => ours.chart(svg()),
        uPlot: () => new uPlot({
            width: 900,
            height: 240,
            scales: { x: { time: false } },
            series: [{ label: 'turn' }, { label: 'HTTP', stroke: '#a40' }, { label: 'WebSocket', stroke: '#04a' }],
        }, columns, paper()),
    };

    // Each arrow of HTTP has a head, which is closed; those that look alike may be one path.
    const heads = () => [...paper().querySelectorAll('path.message')]
        .reduce((sum, path) => sum + path.getAttribute('d').split('Z').length - 1, 0);

    // How many arrows there are to be seen.
    const arrows = {
        words: heads,
        window: heads,
        mermaid: () => paper().querySelectorAll('.messageLine0, .messageLine1').length,
    };

    window.bench = {
        // Takes the page's style sheets, which are a part of what its pictures cost.
        async prepare() {
            const page = new DOMParser().parseFromString(await (await fetch('/')).text(), 'text/html');
            const links = [...page.querySelectorAll('link[rel=stylesheet]')].map((link) => {
                const copy = document.createElement('link');
                copy.rel = 'stylesheet';
                copy.href = new URL(link.getAttribute('href'), `${location.origin}/`);
                document.head.append(copy);
                return new Promise((done, failed) => { copy.onload = done; copy.onerror = failed; });
            });
            await Promise.all(links);
            await wasm_bindgen({ module_or_path: 'drawing_bench_bg.wasm' });
            mermaid.initialize({ startOnLoad: false, maxTextSize: 1e9, maxEdges: 1e9 });
            return true;
        },
        // Reads a recorded run, from which all draw.
        async read(name) {
            return ours.read(await (await fetch(name)).text());
        },
        // Writes the run for Mermaid, with the same words at the same arrows.
        write() {
            const labels = ours.labels();
            const arrow = (label, place) => (place % 2 ? `server->>page: ${label}` : `page->>server: ${label}`);
            text = ['sequenceDiagram', 'participant page', 'participant server', ...labels.map(arrow)].join('\n');
            return labels.length;
        },
        // The same samples for uPlot.
        plain() {
            columns = ours.samples();
            return columns[0].length;
        },
        // One drawing, on empty paper; what it drew, and how long it took in ms.
        async draw(way) {
            paper().replaceChildren();
            await frame();
            await frame();
            const took = await timed(ways[way]);
            return { took, arrows: arrows[way]?.() ?? null };
        },
        async stages(name) {
            return ours.stages(await (await fetch(name)).text());
        },
        undrawn: (messages) => ours.undrawn(messages),
    };
})();
