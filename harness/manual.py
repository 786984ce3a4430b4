"""What `harness --help` says: the words of the command line, and examples of each command."""

DESCRIPTION = """\
Runs your tool loop over scenarios, replays the recorded model traffic, and says
what changed. Start with: harness init
"""

WORDS = """\
SCENARIO   an id (files/denied_delete), an area (files), a file, a folder or a
           pattern ('files/*'); all scenarios where none is named
KEY=VALUE  a setting, in Hydra's grammar (role=files, loop.max_rounds=3);
           several values (model=careful,hasty) run every combination
CASE       a scenario under one model, role and tool list, as a run prints it;
           a part of its id will do (denied_delete@hasty)

Exit codes: 0, all as expected; 1, judged, and something failed; 2, something
could not be judged: a bad file or setting, a missing or stale cassette.
"""

EXAMPLES = {
    "run": """\
examples:
  harness run                               all scenarios, default settings
  harness run files role=files              one area under another role
  harness run model=careful,hasty -t mail   two models, scenarios with a tag
  harness run loop=ours                     another loop: conf/loop/ours.yaml
  harness run cassette.allow_drift=[system] go on where only the prompt differs
  harness run --shard 1/4                   one part, of four of the same size
  harness run --continue RUN                what is left of one that was cut off
  harness run --update-baseline             what came is right from now on
  harness run --format text --format junit=junit.xml
""",
    "record": """\
examples:
  harness record                            the cases without a valid cassette
  harness record --all model=openwebui      every case of a model, anew
  harness record --extend                   from the first request that differs
  harness record --max-requests 100         no more than that; the rest later
  harness record registry=prod.json         as production's model registry says
""",
    "try": """\
examples:
  harness try files/denied_delete           the conversation as it happens
  harness try draft.yaml model=ollama       a file anywhere, a real model
  harness try --write files/denied_delete   adds what the file does not say
""",
    "compare": """\
examples:
  harness compare RUN                       with the newest run, case by case
  harness compare RUN RUN                   and model by model
  harness compare reports/A reports/B --format markdown=diff.md
  harness compare RUN --format html         traces side by side, in the browser
""",
    "report": """\
examples:
  harness report                            the newest run, told again
  harness report --format html              a page for the browser; its address is told
  harness report RUN --judge                as the expectations are now
  harness report RUN RUN --format junit     two runs as one
  harness report downloaded/*               the shards of a run, put together
""",
    "show": """\
examples:
  harness show files/denied_delete          from the newest run that has it
  harness show denied_delete@hasty RUN      from the run in reports/RUN
""",
    "validate": """\
examples:
  harness validate                          all files, and every cassette replayed
  harness validate scenarios/files          one area, and the settings
  harness validate --delete-orphans         also clear what no case needs
  harness validate --watch                  again whenever a file changes
""",
    "cassette": """\
examples:
  harness cassette accept denied_delete@hasty
                                            what you edited is right
  harness cassette export denied_delete@hasty > stock.yaml
  harness cassette export --to stock files/denied_delete@careful/files+all
""",
    "init": """\
examples:
  harness init                              in the current folder
  harness init garden                       in a folder that is made
  harness init --ci gitlab                  with GitLab's CI file, or that alone
                                            where there is a project
""",
    "new": """\
examples:
  harness new garden/tomatoes               scenarios/garden/tomatoes.yaml
  harness new garden/herbs/basil            an area in an area
""",
    "schema": """\
examples:
  harness schema                            also after an update of the harness
""",
    "import": """\
examples:
  harness import chat.json                  a transcript, as a scenario that replays it
  harness import prod.jsonl --name shop --confirm refund
  harness import cassette.yaml              what vcrpy recorded of any application
  harness import export.json --redact 'EMAIL=[a-z.]+@[a-z.]+'
  harness import chat.json persona=assistant catalogue=assistant
  harness import --tools tools.json         makes conf/catalogue/tools.yaml
  harness import --tools request.json --name shop --confirm order_cancel refund
  harness import --mcp 'npx -y some-server /data' --name files
                                            the tools of an MCP server
  harness import --registry prod.json       makes conf/role/ and conf/model/
""",
    "config": """\
examples:
  harness config                            what counts when nothing is said
  harness config role=files loop=tolerant   what counts under these choices
""",
    "list": """\
examples:
  harness list models                       and what serves each
  harness list tools                        default catalogue, and allow-lists
  harness list scenarios
""",
}
