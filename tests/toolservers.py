"""MCP servers to import from: `python toolservers.py KIND` speaks over its standard input and output."""

import json
import os
import sys
import time
from pathlib import Path

TOOLS = [
    {
        "name": "order_cancel",
        "description": "Cancel an order.",
        "inputSchema": {"type": "object", "properties": {"order": {"type": "string"}}, "required": ["order"]},
        "annotations": {"destructiveHint": True},
    },
    {
        "name": "order_find",
        "description": "Find an order.",
        "inputSchema": {"type": "object", "properties": {"text": {"type": "string"}}},
        "annotations": {"readOnlyHint": True},
    },
]


def answer(number: object, result: object) -> None:
    """Write one answer."""
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", "id": number, "result": result}) + "\n")
    sys.stdout.flush()


def serve(kind: str) -> None:
    """Answer requests, in pages or wrongly as the kind of server says."""
    for line in sys.stdin:
        request = json.loads(line)
        method, number = request.get("method"), request.get("id")
        if method == "initialize":
            asked = request["params"]["protocolVersion"]
            server = {"name": "shop server", "version": "1"}
            answer(number, {"protocolVersion": asked, "capabilities": {"tools": {}}, "serverInfo": server})
        elif method == "tools/list":
            if kind == "paged":
                second = (request.get("params") or {}).get("cursor") == "2"
                page: dict[str, object] = {"tools": [TOOLS[1] if second else TOOLS[0]]}
                answer(number, page if second else {**page, "nextCursor": "2"})
            elif kind == "circle":
                answer(number, {"tools": TOOLS, "nextCursor": "1"})
            elif kind == "silent":
                time.sleep(60)
            elif kind == "empty":
                answer(number, {"tools": []})
            else:
                answer(number, {"tools": TOOLS})
        elif number is not None:
            error = {"code": -32601, "message": "no such method"}
            sys.stdout.write(json.dumps({"jsonrpc": "2.0", "id": number, "error": error}) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    if len(sys.argv) > 2:
        Path(sys.argv[2]).write_text(str(os.getpid()), "utf-8")
    if sys.argv[1] == "ends":
        sys.exit("no licence for key planted-8d21f0c2-ffff0000")
    if sys.argv[1] == "babbles":
        sys.stdout.write("Welcome to the shop\n")
        sys.stdout.flush()
    serve(sys.argv[1])
