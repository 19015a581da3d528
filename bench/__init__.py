"""Programs that measure. Nothing here is a test: no figure fails a build.

`prepare` compiles ``c/`` (the load generator and the C writer) and installs ``node/`` (the Node
servers); `programs` starts a program on a core and speaks to it in lines; `crowd` is the generator,
`peers` are the servers, `machine` what Linux says about both. ``scenarios/`` do one kind of work to
one server; `runs` repeats it on several in turn; ``tables/`` give the rows of a part of the page,
`report` and `growth` word them, `measures` has the arithmetic. `suite` is all of it, `quick` the
eight figures of ``--quick --json``.
"""
