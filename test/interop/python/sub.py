# The tutorial's subscriber: prints what it hears, headers included.
import asyncio
import os
import signal

import nats.aio.client


async def main():
    nc = nats.aio.client.Client()
    options = {"servers": [os.environ["ENDPOINT"]], "user_credentials": "nats.creds"}
    print("Connection")
    await nc.connect(**options)
    print(f"Connected to NATS at {nc.connected_url.netloc}...")

    print("Subscribing")
    sub = await nc.subscribe("my-subject")
    print("Subscription OK", flush=True)

    def signal_handler():
        print("Disconnecting...")
        asyncio.ensure_future(nc.close())

    for sig in ("SIGINT", "SIGTERM"):
        asyncio.get_running_loop().add_signal_handler(getattr(signal, sig), signal_handler)

    try:
        async for msg in sub.messages:
            print(f"Received a message on '{msg.subject}': {msg.data.decode()}")
            print(f"Headers maybe: {msg.headers}", flush=True)
    except Exception:
        pass
    print("Disconnection OK")


asyncio.run(main())
