// What a sceptic would write to check the page's figures: the same conversation by hand, with
// nothing of ours in between. `dressed` adds what our instrument adds to the messages (a URL of its
// own for each request, the subprotocol's envelope), to tell its cost from that of the page's code.
async (messages, size, dressed) => {
    const run = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
    const payload = new Uint8Array(size).fill(120);
    const wsOrigin = location.origin.replace('http', 'ws');
    const socket = dressed ? new WebSocket(`${wsOrigin}/ws?run=${run}`, 'duplex.v1') : new WebSocket(`${wsOrigin}/ws`);
    socket.binaryType = 'arraybuffer';
    const open = new Promise((opened, failed) => {
        socket.onopen = opened;
        socket.onerror = () => failed(new Error('the WebSocket did not open'));
    });

    const overHttp = async (number) => {
        const url = dressed ? `/echo?run=${run}&n=${number}` : '/echo';
        const began = performance.now();
        await (await fetch(url, { method: 'POST', body: payload, cache: 'no-store' })).arrayBuffer();
        return performance.now() - began;
    };

    const encoder = new TextEncoder();
    let answered;
    socket.onmessage = (event) => answered(event);
    const overSocket = async (number) => {
        const message = dressed ? Uint8Array.of(...encoder.encode(`{"n":${number}}\n`), ...payload) : payload;
        const answer = new Promise((resolve) => { answered = resolve; });
        const began = performance.now();
        socket.send(message);
        await answer;
        return performance.now() - began;
    };

    await overHttp(0);
    await open;
    await overSocket(0);
    const http = [];
    const ws = [];
    for (let number = 1; number <= messages; number += 1) {
        http.push(await overHttp(number));
        ws.push(await overSocket(number));
    }
    socket.close();
    return { http, ws };
}
