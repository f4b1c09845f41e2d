// The smallest WebSocket echo on Node's package `ws`. Ends when its standard input does.
const { WebSocketServer } = require('ws');
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, maxPayload: 1 << 26 });
server.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
    // The client goes away without a goodbye.
    socket.on('error', () => socket.terminate());
});
server.on('listening', () => console.log(`ws://127.0.0.1:${server.address().port}`));
process.stdin.on('end', () => process.exit()).resume();
