// Watches the page while it opens a file, and while the wheel turns over a diagram.
async () => {
    const afterwards = (then) => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = then;
        port2.postMessage(0);
    };
    const painted = () => new Promise((done) => requestAnimationFrame(() => afterwards(done)));
    const papers = () => [...document.querySelectorAll('.pane .paper')];
    const isDrawn = () => papers().length > 0
        && papers().every((paper) => paper.querySelector('.message, .density, .fold'));

    let longest = 0;
    new PerformanceObserver((list) => {
        longest = Math.max(longest, ...list.getEntries().map(({ duration }) => duration));
    }).observe({ type: 'longtask' });

    let chosen;
    let read;
    const { arrayBuffer } = Blob.prototype;
    Blob.prototype.arrayBuffer = async function () {
        const whole = await arrayBuffer.call(this);
        read = performance.now();
        return whole;
    };
    const drawn = new Promise((done) => {
        document.addEventListener('change', () => {
            chosen = performance.now();
            const look = () => {
                if (!isDrawn()) {
                    requestAnimationFrame(look);
                    return;
                }
                afterwards(() => {
                    const seen = { read: read - chosen, drawn: performance.now() - chosen };
                    // The browser tells of a task in a later one.
                    setTimeout(() => done({ ...seen, longest }), 200);
                });
            };
            requestAnimationFrame(look);
        }, { capture: true, once: true });
    });

    const windowOf = () => document.querySelector('.pane .window');
    const seen = (gaps) => ({ gaps, top: windowOf().scrollTop, height: windowOf().scrollHeight });
    let gaps = null;
    window.opening = {
        drawn,
        async timed(change) {
            await painted();
            const began = performance.now();
            change();
            await painted();
            return performance.now() - began;
        },
        middle() {
            windowOf().scrollIntoView({ block: 'center' });
            const { x, y, width, height } = windowOf().getBoundingClientRect();
            return [x + width / 2, y + height / 2];
        },
        begin() {
            const counted = [];
            gaps = counted;
            let last = null;
            const frame = () => {
                const now = performance.now();
                if (last !== null) {
                    counted.push(now - last);
                }
                last = now;
                if (gaps === counted) {
                    requestAnimationFrame(frame);
                }
            };
            requestAnimationFrame(frame);
            return seen([]);
        },
        async end() {
            await painted();
            const counted = gaps;
            gaps = null;
            return seen(counted);
        },
    };
    // The page is there once its WebAssembly is.
    const input = () => document.querySelector('.take-away input[type=file]');
    await new Promise((done) => {
        const appears = new MutationObserver(() => { if (input()) { appears.disconnect(); done(); } });
        appears.observe(document, { subtree: true, childList: true });
        if (input()) { appears.disconnect(); done(); }
    });
    await painted();
    return true;
}
