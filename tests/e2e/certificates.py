"""A certificate authority of the test's own, and a server's certificate that it signed."""

import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ServerCertificate:
    authority: Path  # what clients trust
    certificate: Path
    key: Path


def make(folder, names):
    """Writes a new authority and a certificate for `names` (DNS names, perhaps with `*.`, or IP:...)."""
    folder.mkdir(parents=True, exist_ok=True)

    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True, timeout=60)

    key_type = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    openssl(
        *["req", "-x509", *key_type, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2"],
        *["-subj", "/CN=authority of a test", "-addext", "basicConstraints=critical,CA:TRUE"],
        *["-addext", "keyUsage=critical,keyCertSign"],
    )
    alternatives = ",".join(name if ":" in name else f"DNS:{name}" for name in names)
    (folder / "server.ext").write_text(
        f"subjectAltName={alternatives}\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n"
        "keyUsage=digitalSignature\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
    )
    openssl("req", *key_type, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=server of a test")
    openssl(
        *["x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"],
        *["-days", "2", "-extfile", "server.ext", "-out", "server.pem"],
    )
    return ServerCertificate(folder / "ca.pem", folder / "server.pem", folder / "server.key")
