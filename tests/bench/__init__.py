"""The measurements behind `tools/bench`: a module for each, on the servers and engines of the rig.

`hits` is server CPU of warm hits, `hitratio` what the cache's eviction is worth, `uploads` the time of long
PUTs, `engines` the queries of real engines. Of the last, `lakes` draws the data and the questions, `scene` runs
them, `figures` decides (no I/O), `tell` prints, `extra` has what is not a query of the seven.
"""
