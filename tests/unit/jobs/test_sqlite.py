import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor

from mare_services.jobs.adapters.sqlite import Sqlite

NO_WAIT = {"timeout": 0.0}


def test_a_reader_does_not_wait_for_a_writer(tmp_path):
    database = Sqlite(tmp_path / "jobs.db")
    with database.transaction() as transaction:
        transaction.execute("CREATE TABLE things (name TEXT)")
    seen = []

    def read():
        with database.transaction(writes=False) as transaction:
            seen.extend(transaction.execute("SELECT count(*) FROM things"))

    with database.transaction() as transaction:
        transaction.execute("INSERT INTO things VALUES ('a')")
        reader = threading.Thread(target=read)
        reader.start()
        reader.join(60)
        assert seen == [(0,)]  # neither blocked nor uncommitted
    database.close()


def test_threads_of_a_process_wait_for_each_other_and_not_for_the_file(tmp_path, monkeypatch):
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda path, **rest: connect(path, **rest | NO_WAIT))
    database = Sqlite(tmp_path / "jobs.db")
    with database.transaction() as transaction:
        transaction.execute("CREATE TABLE numbers (number INTEGER)")

    def write(number):
        with database.transaction() as transaction:
            transaction.execute("INSERT INTO numbers VALUES (%s)", (number,))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(write, range(200)))

    with database.transaction(writes=False) as transaction:
        assert transaction.execute("SELECT count(*) FROM numbers") == [(200,)]
    database.close()
