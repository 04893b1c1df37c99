"""What the tests of the demo share."""

import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer

import pytest

from dostshop.demo.stripe_stand_in.server import StandIn
from tests.demo.talking import Shop


@pytest.fixture
def shop(stand_in: StandIn) -> Iterator[type[Shop]]:
    handler = type("ShopOfThisTest", (Shop,), {"answers": [], "heard": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    stand_in.post.url = f"http://127.0.0.1:{server.server_port}/"
    stand_in.faults.copies = 1
    yield handler
    server.shutdown()
    server.server_close()
    thread.join()
