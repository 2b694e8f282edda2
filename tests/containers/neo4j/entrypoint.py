#!/usr/bin/env python3
"""Set Neo4j up as the environment says, and become its Java."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

HOME, DATA, LOGS = Path("/var/lib/neo4j"), Path("/data"), Path("/logs")
JAVA = "/opt/neo4j/java/bin/java"
FLAGS = (
    "-XX:+UseSerialGC",
    "-XX:+ExitOnOutOfMemoryError",
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
    *(
        f"--add-opens=java.base/{package}=ALL-UNNAMED"
        for package in ("java.nio", "java.io", "sun.nio.ch", "java.util.concurrent")
    ),
)

USER_LOGS = """<Configuration status="ERROR" packages="org.neo4j.logging.log4j">
  <Appenders>
    <Console name="console" target="SYSTEM_OUT">
      <PatternLayout pattern="%d{yyyy-MM-dd HH:mm:ss.SSSZ}{GMT+0} %-5p %m%n"/>
    </Console>
  </Appenders>
  <Loggers><Root level="INFO"><AppenderRef ref="console"/></Root></Loggers>
</Configuration>
"""


def main() -> None:
    """Write the configuration and the first password, then run the server as this very process."""
    jars = ":".join(map(str, sorted(Path("/opt/neo4j/jars").rglob("*.jar"))))
    settings = {
        "server.directories.data": str(DATA),
        "server.directories.logs": str(LOGS),
        "server.default_listen_address": "0.0.0.0",
        "server.https.enabled": "false",
        "db.tx_log.preallocate": "false",
        "server.memory.heap.max_size": "512m",
    }
    for name, value in os.environ.items():
        if name.startswith("NEO4J_") and name != "NEO4J_AUTH":
            settings[name.removeprefix("NEO4J_").replace("__", "\0").replace("_", ".").replace("\0", "_")] = value
    heap = settings.pop("server.memory.heap.max_size")
    conf = HOME / "conf"
    conf.mkdir(exist_ok=True)
    (conf / "neo4j.conf").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    (conf / "user-logs.xml").write_text(USER_LOGS)
    user, _, password = os.environ["NEO4J_AUTH"].partition("/")
    if user != "neo4j" or len(password) < 8:
        raise SystemExit("NEO4J_AUTH must be neo4j/ and a password of at least 8 characters")
    os.environ.update(NEO4J_HOME=str(HOME), NEO4J_CONF=str(conf))
    arguments = conf / "arguments"
    arguments.touch(mode=0o600)
    if not (DATA / "databases").exists():
        arguments.write_text(f'-cp\n"{jars}"\norg.neo4j.cli.AdminTool\ndbms\nset-initial-password\n--\n"{password}"\n')
        subprocess.run([JAVA, f"@{arguments}"], check=True)
    places = f"--home-dir={HOME}\n--config-dir={conf}\n--console-mode"
    options = "\n".join((f"-Xmx{heap}", *FLAGS))
    arguments.write_text(f'-cp\n"{jars}"\n{options}\norg.neo4j.server.Neo4jCommunity\n{places}\n')
    os.execv(JAVA, [JAVA, f"@{arguments}"])


if __name__ == "__main__":
    main()
