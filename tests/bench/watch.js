// Put into every document before its own scripts: writes down when what happened that the benchmark
// asks for. Nothing here runs while turns follow one another, but for the frames where `countFrames`
// asks for them.
(countFrames) => {
    const seen = { phases: {}, firstArrow: null, longTasks: [], longestFrame: 0 };
    window.benchmark = seen;
    new PerformanceObserver((list) => {
        for (const { startTime, duration } of list.getEntries()) {
            seen.longTasks.push([startTime, duration]);
        }
    }).observe({ type: 'longtask', buffered: true });

    // The page's own memory can be asked for through no other door.
    const { instantiateStreaming } = WebAssembly;
    WebAssembly.instantiateStreaming = async (...given) => {
        const made = await instantiateStreaming.apply(WebAssembly, given);
        window.wasmMemory = Object.values(made.instance.exports).find((it) => it instanceof WebAssembly.Memory);
        return made;
    };

    const phases = new MutationObserver(() => {
        const phase = document.documentElement?.dataset.run;
        if (phase && !(phase in seen.phases)) {
            seen.phases[phase] = performance.now();
        }
    });
    phases.observe(document, { subtree: true, attributes: true, attributeFilter: ['data-run'] });

    const arrows = new MutationObserver(() => {
        if (document.querySelector('.pane .message')) {
            seen.firstArrow = performance.now();
            arrows.disconnect();
        }
    });
    arrows.observe(document, { subtree: true, childList: true });

    if (countFrames) {
        let last = null;
        const frame = () => {
            const now = performance.now();
            if (last !== null && 'running' in seen.phases && !('finished' in seen.phases)) {
                seen.longestFrame = Math.max(seen.longestFrame, now - last);
            }
            last = now;
            requestAnimationFrame(frame);
        };
        requestAnimationFrame(frame);
    }
}
