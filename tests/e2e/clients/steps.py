"""What every client is asked to do: one table of steps, the rows of the matrix.

A step gets a `Scene` (step_scene.py): `scene.client()` is the client before the service under test,
`scene.store()` the store itself. What one of them writes, the other reads.
"""

import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from urllib.error import HTTPError

LISTS = ("ListObjects", "ListObjectsV2")
READS = ("GetObject", "HeadObject")
HOSTILE = {
    "space": "two words",
    "plus": "one+one",
    "percent": "100%25 %2F",
    "equals": "year=2026",
    "ampersand": "salt&pepper",
    "unicode": "größe-日本-🦆",
}


class Place(Enum):
    """The service under test."""

    PATH = "path"  # plain HTTP, path style
    VIRTUAL_HOST = "virtual-host"  # plain HTTP, the bucket in the host name
    TLS = "tls"  # HTTPS, path style
    VERBATIM = "verbatim"  # path style, before a store that folds no key


@dataclass(frozen=True)
class Step:
    name: str  # of the test
    title: str  # of the row
    run: Callable
    place: Place = Place.PATH


def listing(scene):
    keys = sorted(scene.key(name) for name in ("first", "second", "third"))
    store = scene.store()
    for key in keys:
        store.write(scene.bucket, key, store.content("listed"))
    store.write(scene.bucket, f"beside/{scene.key('fourth')}", store.content("listed"))
    scene.check_equal(scene.client().list(scene.bucket, scene.prefix), keys)
    scene.check_asked(LISTS)


def size(scene):
    key, store = scene.key(), scene.store()
    store.write(scene.bucket, key, store.content("sized"))
    told = scene.client().size(scene.bucket, key)
    scene.check_equal(told, scene.boto.head_object(Bucket=scene.bucket, Key=key)["ContentLength"])
    scene.check_asked(("HeadObject",))


def reading(scene):
    key, store = scene.key(), scene.store()
    content = store.content("read")
    store.write(scene.bucket, key, content)
    scene.check_same(scene.client().read(scene.bucket, key), content)
    scene.check_asked(("GetObject",))
    scene.mark()
    scene.check_same(scene.client().read(scene.bucket, key), content)
    scene.check_answered_from_the_cache()


def reading_a_part(scene):
    key, store = scene.key(), scene.store()
    content = store.content("in part")
    store.write(scene.bucket, key, content)
    scene.check_same(scene.client().read_part(scene.bucket, key), store.part_of(content))
    scene.check_asked(("GetObject",), status=206)
    scene.mark()
    scene.check_same(scene.client().read_part(scene.bucket, key), store.part_of(content))
    scene.check_asked(("GetObject",), status=206)
    scene.check_answered_from_the_cache()


def writing(scene):
    key, client = scene.key(), scene.client()
    content = client.content("written")
    client.write(scene.bucket, key, content)
    scene.check_same(scene.store().read(scene.bucket, key), content)
    scene.check_same(scene.client().read(scene.bucket, key), content)


def streaming(scene):
    key, client = scene.key(), scene.client()
    content = client.content("streamed")
    client.write_stream(scene.bucket, key, content)
    scene.check_same(scene.store().read(scene.bucket, key), content)
    scene.check_same(scene.client().read(scene.bucket, key), content)


def overwriting(scene):
    key, store = scene.key(), scene.store()
    old, new = store.content("old"), store.content("new")
    store.write(scene.bucket, key, old)
    scene.check_same(scene.client().read(scene.bucket, key), old)
    scene.client().write(scene.bucket, key, new)
    scene.check_same(scene.client().read(scene.bucket, key), new)
    scene.check_same(scene.store().read(scene.bucket, key), new)


def deleting(scene):
    key, store = scene.key(), scene.store()
    content = store.content("to be deleted")
    store.write(scene.bucket, key, content)
    scene.check_same(scene.client().read(scene.bucket, key), content)
    scene.client().delete(scene.bucket, key)
    for reader in (scene.client(), scene.store()):
        scene.check_deleted(reader, key)


def writing_in_parts(scene):
    key, client = scene.key(), scene.client()
    content = client.large("in parts")
    client.write_in_parts(scene.bucket, key, content)
    scene.check_asked(("UploadPart",), at_least=2)
    scene.check_asked(("CompleteMultipartUpload",))
    scene.check_same(scene.store().read(scene.bucket, key), content)
    scene.check_same(scene.client().read(scene.bucket, key), content)


def creating(scene):
    key, client = scene.key(), scene.client()
    content = client.content("first")
    client.create(scene.bucket, key, content)
    with scene.check_fails("there already"):
        scene.client().create(scene.bucket, key, client.content("second"))
    scene.check_same(scene.client().read(scene.bucket, key), content)


def copying(scene):
    key, new_key, store = scene.key("old"), scene.key("new"), scene.store()
    content = store.content("copied")
    store.write(scene.bucket, key, content)
    scene.client().copy(scene.bucket, key, new_key)
    scene.check_asked(("CopyObject",))
    scene.check_same(scene.client().read(scene.bucket, new_key), content)


def presigned_reading(scene):
    key, store = scene.key(), scene.store()
    store.write(scene.bucket, key, store.content("shared"))
    url = scene.client().presign(scene.bucket, key)
    expected = scene.boto.get_object(Bucket=scene.bucket, Key=key)["Body"].read()
    scene.check_equal(open_url(url), expected)
    scene.mark()
    scene.check_equal(open_url(url), expected)
    scene.check_answered_from_the_cache()
    try:
        open_url(url.replace("Signature=", "Signature=0"))
    except HTTPError as refusal:
        scene.check_equal(refusal.code, 403)
    else:
        scene.fail("a URL with another signature was served")


def presigned_writing(scene):
    key, client = scene.key(), scene.client()
    url = client.presign(scene.bucket, key, "PUT")
    body = b"written by whoever held the link"
    open_url(url, body)
    scene.check_equal(scene.boto.get_object(Bucket=scene.bucket, Key=key)["Body"].read(), body)


def open_url(url, body=None):
    request = urllib.request.Request(url, body, method="PUT" if body else "GET")
    if body:
        request.add_header("Content-Type", "application/octet-stream")
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read()


def missing(scene):
    client = scene.client()
    with scene.check_fails("missing", client.missing_words):
        client.read(scene.bucket, scene.key("never-written"))


def wrong_secret(scene):
    key, store = scene.key(), scene.store()
    content = store.content("secret")
    store.write(scene.bucket, key, content)
    scene.check_same(scene.client().read(scene.bucket, key), content)
    scene.mark()
    intruder = scene.client(secret_key="not-the-secret-of-this-key")
    with scene.check_fails("signed with a wrong secret", intruder.refused_words):
        intruder.read(scene.bucket, key)
    scene.check_all_refused()


def hostile_key(text):
    def run(scene):
        key = scene.key(text)
        client = scene.client()
        content = client.content("hostile")
        client.write(scene.bucket, key, content)
        scene.check_is_where_it_belongs(key)
        scene.check_same(scene.client().read(scene.bucket, key), content)
        scene.mark()
        scene.check_same(scene.client().read(scene.bucket, key), content)
        scene.check_answered_from_the_cache()
        scene.when_expressible(lambda: scene.client().delete(scene.bucket, key))

    return run


def listing_hostile_keys(scene):
    # Not from the posix store, which encodes no keys in its listings though it is asked to.
    keys = sorted(scene.key(name) for name in HOSTILE.values())
    store = scene.store()
    for key in keys:
        store.write(scene.bucket, key, store.content("listed"))
    scene.check_equal(scene.client().list(scene.bucket, scene.prefix), keys)
    scene.check_asked(LISTS)


def everyday_work(scene):
    """Everything in one go, where the way there is what is tested."""
    key, client = scene.key(), scene.client()
    content = client.content("everyday")
    client.write(scene.bucket, key, content)
    scene.check_same(scene.store().read(scene.bucket, key), content)
    scene.check_same(scene.client().read(scene.bucket, key), content)
    scene.mark()
    scene.check_same(scene.client().read(scene.bucket, key), content)
    scene.check_answered_from_the_cache()
    scene.check_same(scene.client().read_part(scene.bucket, key), client.part_of(content))
    scene.when_expressible(lambda: scene.check_equal(scene.client().list(scene.bucket, scene.prefix), [key]))
    scene.when_expressible(lambda: scene.client().delete(scene.bucket, key))


STEPS = [
    Step("list", "list", listing),
    Step("head", "HEAD", size),
    Step("read", "read, twice", reading),
    Step("read_a_part", "ranged read, twice", reading_a_part),
    Step("write", "write and read back", writing),
    Step("stream", "write from a stream", streaming),
    Step("overwrite", "overwrite and read", overwriting),
    Step("delete", "delete and read", deleting),
    Step("multipart", "20 MiB in parts", writing_in_parts),
    Step("create", "create if absent", creating),
    Step("copy", "copy", copying),
    Step("presigned_get", "presigned GET", presigned_reading),
    Step("presigned_put", "presigned PUT", presigned_writing),
    Step("missing", "missing key", missing),
    Step("wrong_secret", "wrong secret", wrong_secret),
    *(Step(f"key_{name}", f"key with {name}", hostile_key(text)) for name, text in HOSTILE.items()),
    Step("keys_listed", "such keys in a list", listing_hostile_keys, Place.VERBATIM),
    Step("key_double_slash", "key with `//`", hostile_key("a//b"), Place.VERBATIM),
    Step("virtual_host", "virtual-host style", everyday_work, Place.VIRTUAL_HOST),
    Step("virtual_host_parts", "parts in virtual-host style", writing_in_parts, Place.VIRTUAL_HOST),
    Step("tls", "TLS", everyday_work, Place.TLS),
    Step("tls_stream", "stream over TLS", streaming, Place.TLS),
    Step("tls_parts", "parts over TLS", writing_in_parts, Place.TLS),
]
