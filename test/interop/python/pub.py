# The tutorial's publisher: a plain message, then one with headers.
import asyncio
import os

import nats.aio.client


async def main():
    nc = nats.aio.client.Client()
    options = {"servers": [os.environ["ENDPOINT"]], "user_credentials": "nats.creds"}
    await nc.connect(**options)
    await nc.publish("my-subject", b"This is a simple message with some datas")
    await nc.publish(
        "my-subject",
        b"This is still a simple message but with some headers inside",
        headers={"Example": "True", "RandomHeaders": "True"},
    )
    await nc.close()


asyncio.run(main())
