"""Alembic's entry point. The connection comes from `database.migrate`, or from `alembic -x url=...` by hand."""

from __future__ import annotations

from alembic import context

from callregistry.database import open_engine, writing
from callregistry.schema import metadata


def run() -> None:
    """Runs the migrations on the given connection."""
    given = context.config.attributes.get("connection")
    if given is not None:
        context.configure(connection=given, target_metadata=metadata, transactional_ddl=True)
        context.run_migrations()
        return
    url = context.get_x_argument(as_dictionary=True)["url"]
    with writing(open_engine(url)) as connection:
        context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
        context.run_migrations()


run()
