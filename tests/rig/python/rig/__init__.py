"""The test bench: real servers on loopback, a slow link, a lake, and engines that query it.

Shared by `tools/quickstart`, `tools/bench` and the end-to-end tests. `process` starts and stops, `servers` knows each
program, `store_client` is boto3, `lake` writes the files, `queries` names the seven, `engines` runs one in a
fresh process, `measure` takes the times and `report` prints them.
"""
