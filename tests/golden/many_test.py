"""10,000 requests signed by others are accepted, 10,000 single mutations of them are refused.

    python3 many_test.py JUDGE [SEED]

JUDGE (tests/judge) reads heads and says what s3::verify makes of them. The requests come from forms.py: half of
them are rewritten in ways that S3's rules call equal.

What makes a change a mutation: it is one edit of one element of a signed request (its method, its path, a query
parameter, a header line, a part of its claim: key, scope, list of names, signature, payload word) or of the time at
which it is judged, and after it the request is not what was signed. That is no matter of opinion: reference.py, which
knows nothing of the project, computes the signature that the changed request would need, and an edit after which the
signature still covers the request (a parameter moved, an escape more) is none and is not counted. Every mutation
passes the framing guard, so that it is the verification that refuses it.
"""
import datetime
import random
import subprocess
import sys
from collections import Counter

import forms
import generate
import reference
from reference import Head

COUNT = 10_000
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def flip(rng, text):
    """One letter or digit of the text replaced by another of its kind, escapes left whole; None without one."""
    places, i = [], 0
    while i < len(text):
        if text[i] == "%":
            i += 3
            continue
        if text[i].isascii() and text[i].isalnum():
            places.append(i)
        i += 1
    if not places:
        return None
    at = rng.choice(places)
    old = text[at]
    alphabet = "0123456789" if old.isdigit() else LETTERS.upper() if old.isupper() else LETTERS
    return text[:at] + rng.choice([c for c in alphabet if c != old]) + text[at + 1:]


def change_method(rng, head, claim):
    with_body = head.method in ("PUT", "POST")
    others = ["PUT", "POST"] if with_body else ["GET", "HEAD", "DELETE"]
    head.method = rng.choice([m for m in others if m != head.method])
    return True


def change_path(rng, head, claim):
    changed = flip(rng, head.path)
    head.path = changed or head.path
    return changed is not None


def add_slash(rng, head, claim):
    head.path = rng.choice([head.path + "/", head.path.replace("/", "//", 1), "/." + head.path])
    return True


def change_parameter(rng, head, claim):
    if not head.pieces:
        return False
    at = rng.randrange(len(head.pieces))
    name, equals, value = head.pieces[at].partition("=")
    changed = flip(rng, value)
    if changed is None or name == "X-Amz-Signature":
        return False
    head.pieces[at] = name + equals + changed
    return True


def rename_parameter(rng, head, claim):
    if not head.pieces:
        return False
    at = rng.randrange(len(head.pieces))
    name, equals, value = head.pieces[at].partition("=")
    changed = flip(rng, name)
    head.pieces[at] = (changed or name) + equals + value
    return changed is not None


def add_parameter(rng, head, claim):
    more = rng.choice(["acl", "versionId=1", "response-content-type=text%2Fhtml", "x-amz-acl=public-read",
                       "partNumber=2", "X-Amz-Expires=604800", "X-Amz-Security-Token=abc"])
    head.pieces.insert(rng.randint(0, len(head.pieces)), more)
    return True


def drop_parameter(rng, head, claim):
    if not head.pieces:
        return False
    del head.pieces[rng.randrange(len(head.pieces))]
    return True


def repeat_parameter(rng, head, claim):
    if not head.pieces:
        return False
    head.pieces.append(rng.choice(head.pieces))
    return True


def covered_field(rng, head, claim, but=()):
    at = [i for i, (name, _) in enumerate(head.fields) if name.lower() in claim.names and name.lower() not in but]
    return rng.choice(at) if at else None


def change_header(rng, head, claim):
    # Another length or coding would change where the body ends, before anybody looks at the signature.
    at = covered_field(rng, head, claim, but=("transfer-encoding",))
    changed = flip(rng, head.fields[at][1])
    head.fields[at][1] = changed or head.fields[at][1]
    return changed is not None


def drop_header(rng, head, claim):
    at = covered_field(rng, head, claim, but=("host", "content-length"))
    if at is None:
        return False
    del head.fields[at]
    return True


def repeat_header(rng, head, claim):
    at = covered_field(rng, head, claim, but=("host", "content-length", "transfer-encoding"))
    if at is None:
        return False
    head.fields.insert(rng.randint(0, len(head.fields)), list(head.fields[at]))
    return True


def add_header(rng, head, claim):
    name, value = rng.choice([("x-amz-acl", "public-read"), ("X-Amz-Meta-New", "1"), ("X-AMZ-TAGGING", "a=b"),
                              ("x-amz-copy-source", "/bucket/secret"), ("x-amz-server-side-encryption", "AES256"),
                              ("x-amz-security-token", "abc"), ("x-amz-request-payer", "requester")])
    head.fields.append([name, value])
    return True


def rewrite_claim(head, claim, old, new):
    """Replaces text of the claim where it stands; None when it is not there once."""
    if claim.place == "header":
        field = next(f for f in head.fields if f[0].lower() == "authorization")
        if field[1].count(old) != 1:
            return False
        field[1] = field[1].replace(old, new)
        return True
    old, new = (generate.encoded(text) for text in (old, new))
    for at, piece in enumerate(head.pieces):
        name, _, value = piece.partition("=")
        value = generate.encoded(reference.unquote_plus(value))
        if name in ("X-Amz-Credential", "X-Amz-SignedHeaders", "X-Amz-Signature") and old in value:
            head.pieces[at] = f"{name}={value.replace(old, new)}"
            return True
    return False


def change_signature(rng, head, claim):
    at, old = rng.randrange(64), claim.signature
    digit = rng.choice([d for d in "0123456789abcdef" if d != old[at]])
    new = rng.choice([old[:at] + digit + old[at + 1:], old[:-1], old + "0", old.upper(), old[::-1], "0" * 64])
    return old != new and rewrite_claim(head, claim, old, new)


def change_scope(rng, head, claim):
    day, region, service, end = claim.scope.split("/")
    changed = rng.choice([(str(int(day) + 1), region, service, end), (day, region + "x", service, end),
                          (day, region, "s4", end), (day, region, service, "aws4_requesu"), (day, region, service)])
    return rewrite_claim(head, claim, claim.scope, "/".join(changed))


def change_key(rng, head, claim):
    others = [key.access_key for key in generate.KEYS.values() if key.access_key != claim.key_id]
    return rewrite_claim(head, claim, claim.key_id + "/", rng.choice([*others, claim.key_id + "X", "AKIDNOBODY"]) + "/")


def change_names(rng, head, claim):
    names = list(claim.names)
    uncovered = sorted({n.lower() for n, _ in head.fields} - {*names, "authorization"})
    if rng.random() < 0.5 and len(names) > 1:
        names.remove(rng.choice(names))
    else:
        names.append(rng.choice([*uncovered, "x-amz-meta-absent"]))
    return rewrite_claim(head, claim, ";".join(claim.names), ";".join(sorted(names)))


def change_word(rng, head, claim):
    words = [reference.UNSIGNED, forms.CHUNKS, forms.CHUNKS + "-TRAILER", "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
             "0" * 64]
    word = rng.choice([w for w in words if w != claim.word])
    for field in head.fields:
        if field[0].lower() == "x-amz-content-sha256":
            field[1] = word
            return True
    head.fields.append(["x-amz-content-sha256", word])
    return True


EDITS = [change_method, change_path, add_slash, change_parameter, rename_parameter, add_parameter, drop_parameter,
         repeat_parameter, change_header, drop_header, repeat_header, add_header, change_signature, change_scope,
         change_key, change_names, change_word]


def change_clock(rng, vector):
    """The same request at a time when it is not valid."""
    claim = reference.claim_of(Head.parse(vector.head))
    step = rng.choice([-1, 1])
    distance = 901 if claim.place == "header" or step < 0 else claim.expires + 1
    moment = datetime.datetime.strptime(claim.amz_date, "%Y%m%dT%H%M%SZ")
    return forms.seconds(moment) + step * distance


def mutated(rng, vector, kind):
    """(head, clock) after one edit of that kind, or None when it does not apply or changes nothing that is signed."""
    head, clock = Head.parse(vector.head), vector.clock
    if kind == "change_clock":
        clock = change_clock(rng, vector)
    elif not globals()[kind](rng, head, reference.claim_of(head)):
        return None
    text = vector.head if kind == "change_clock" else head.text()
    return None if reference.covers(text, generate.KEYS.values(), clock) else (text, clock)


def judge(program, lines):
    run = subprocess.run([program], input="\n".join([*generate.key_lines(), *lines, ""]).encode(), check=True,
                         stdout=subprocess.PIPE, timeout=60)
    told = run.stdout.decode().splitlines()
    assert len(told) == len(lines), f"{len(told)} verdicts on {len(lines)} heads"
    return told


def accepted(program, vectors):
    wrong = 0
    lines = [generate.request_line(v.key, v.clock, v.head) for v in vectors]
    for vector, told in zip(vectors, judge(program, lines), strict=True):
        if told != "accepted " + vector.told:
            wrong += 1
            print(f"{vector.form} is {told}, not accepted {vector.told}:\n{vector.head}")
        # The reference is only worth something for mutations if it agrees here.
        assert reference.covers(vector.head, generate.KEYS.values(), vector.clock), vector.head
    return wrong


def refused(rng, program, vectors):
    kinds, made = [edit.__name__ for edit in EDITS] + ["change_clock"], []
    while len(made) < COUNT:
        vector, kind = vectors[len(made) % len(vectors)], kinds[rng.randrange(len(kinds))]
        edited = mutated(rng, vector, kind)
        if edited:
            made.append((kind, vector, *edited))
    lines = [generate.request_line(vector.key, clock, text) for _, vector, text, clock in made]
    wrong, codes = 0, {}
    for (kind, vector, text, _), told in zip(made, judge(program, lines), strict=True):
        verdict, _, code = told.partition(" ")
        codes.setdefault(kind, Counter())[code] += 1
        if verdict != "refused":
            wrong += 1
            print(f"{kind} of {vector.form} is {told}:\n{vector.head}\nbecame\n{text}")
    for kind, counts in sorted(codes.items()):
        print(f"{kind}: {sum(counts.values())}, {dict(counts.most_common(6))}")
    assert set(codes) == set(kinds) and min(sum(c.values()) for c in codes.values()) >= 100, "every kind, many times"
    return wrong


def main():
    rng = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 20240229)
    vectors = [rng.choice(forms.ALL_FORMS)(rng, number) for number in range(COUNT)]
    print(dict(Counter(vector.form for vector in vectors)))
    wrong = accepted(sys.argv[1], vectors) + refused(rng, sys.argv[1], vectors)
    print(f"{COUNT} requests and {COUNT} mutations, {wrong} judged wrongly")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
