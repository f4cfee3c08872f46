# Appends to lmdb, one transaction a group, synced when it commits: python lmdb-appends.py DIR GROUP BYTES SECONDS
import os
import struct
import sys
import time

import lmdb

directory, group, size, seconds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
os.mkdir(directory)
env = lmdb.open(directory, map_size=8 << 30, sync=True, metasync=True)
value = b"orders.new" + b"\7" * size
key = struct.Struct(">Q").pack
done = 0
start = time.perf_counter()
while (now := time.perf_counter()) - start < seconds:
    with env.begin(write=True) as txn:
        txn.cursor().putmulti([(key(done + i), value) for i in range(group)], append=True)
    done += group
print(round(done / (now - start)))
env.close()
