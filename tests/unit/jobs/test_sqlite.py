import threading

from mare_services.jobs.adapters.sqlite import Sqlite


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
