"""The measurements behind `tools/bench`: a module for each, on the servers and engines of the rig.

`hits` is server CPU of warm hits, `tls` the same over TLS, `connections` what a connection costs, `stampede`
many clients for one cold range, `memory` what is used beyond the budget, `hitratio` what the cache's eviction is
worth, `uploads` the time of long PUTs, `engines` the queries of real engines.

Of `engines`, `lakes` draws the data and the questions, `scene` runs them, `figures` decides (no I/O), `tell`
prints, `extra` has what is not a query of the seven. Of `hits` and those like it, `stand` has store, link and
object, `generator` drives s3proxy-load (`load/`), which checks every answer, `meter` reads what a server
used, `bounds` decides (no I/O), `command` is their command line.
"""
