"""One file up or down with the S3 SDK; facts as JSON on standard input, seconds on standard output."""

import json
import sys
import time

from minio import Minio

PART_BYTES = 16 * 1024 * 1024
BLOCK_BYTES = 1024 * 1024


def main(verb: str) -> None:
    """Do it and print how long it took."""
    facts = json.load(sys.stdin)
    client = Minio(
        facts["endpoint"],
        access_key=facts["access_key"],
        secret_key=facts["secret_key"],
        secure=False,
        region="us-east-1",
    )
    began = time.perf_counter()
    if verb == "put":
        client.fput_object(facts["bucket"], facts["key"], facts["path"], part_size=PART_BYTES)
    else:
        response = client.get_object(facts["bucket"], facts["key"])
        for _ in response.stream(BLOCK_BYTES):
            pass
        response.close()
        response.release_conn()
    print(time.perf_counter() - began)


if __name__ == "__main__":
    main(sys.argv[1])
