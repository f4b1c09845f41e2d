# The smallest WebSocket echo on Python's package `websockets`. Ends when its standard input does.
import asyncio
import logging
import sys

from websockets.asyncio.server import serve


async def echo(socket):
    async for message in socket:
        await socket.send(message)


async def main():
    # The client goes away without a goodbye.
    logging.disable()
    async with serve(echo, "127.0.0.1", 0, max_size=1 << 26, compression=None) as server:
        port = server.sockets[0].getsockname()[1]
        print(f"ws://127.0.0.1:{port}", flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


asyncio.run(main())
