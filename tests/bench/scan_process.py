"""A client that scans for as long as it lives: sends the raw requests of its task, group after group, over
and over, and thinks a while after each group as an engine would that decodes it. Usage: scan_process.py
TASK"""

import http.client
import json
import socket
import sys
import time

THINK = 0.04  # seconds a row group


def main():
    with open(sys.argv[1]) as task:
        told = json.load(task)
    host, port = told["address"].split(":")
    with socket.create_connection((host, int(port)), timeout=120) as connection:
        while True:
            for group in told["groups"]:
                for request in group:
                    connection.sendall(request.encode())
                    answer = http.client.HTTPResponse(connection, method="GET")
                    answer.begin()
                    answer.read()
                    if answer.status != 206:
                        sys.exit(f"a scan was answered {answer.status}")
                time.sleep(THINK)


if __name__ == "__main__":
    main()
