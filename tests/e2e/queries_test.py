"""The seven queries of the demo on a small lake: equal answers, and again without the store's bytes."""

from rig import lake, store_client
from rig.engines import run_query
from rig.queries import QUERIES

import scene
from small_lake import SmallLake


class QueriesTest(scene.SceneTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.start_behind_link(first_byte_ms=2, megabytes_per_second=400)
        folder = cls.work / "lake"
        SmallLake(folder).make("single", "parts", "hive")
        for query in QUERIES:
            store_client.upload(cls.direct, query.name, lake.files(folder, query.files))

    def test_answers_are_equal_and_the_second_time_the_store_is_asked_for_lists_alone(self):
        for query in QUERIES:
            with self.subTest(query=query.title):
                expected = run_query(query, self.store.address).rows
                self.assertTrue(expected and all(expected[0]), "a query that finds nothing proves nothing")
                scene.settled(self.link)
                self.link.reset()
                self.assertEqual(run_query(query, self.proxy.address).rows, expected)
                first = scene.settled(self.link)
                self.assertGreater(first["requests"] - first["list_requests"], 0)
                self.link.reset()
                self.assertEqual(run_query(query, self.proxy.address).rows, expected)
                second = scene.settled(self.link)
                self.assertEqual(second["requests"], second["list_requests"])
                self.assertEqual(second["list_requests"], first["list_requests"])


if __name__ == "__main__":
    scene.main()
