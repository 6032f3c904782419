"""A certificate authority of the test's own, and certificates that it signed."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

KEY_TYPE = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
EXTENSIONS = (
    "basicConstraints=CA:FALSE\nkeyUsage=digitalSignature\n"
    "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
)


@dataclass(frozen=True)
class Pair:
    certificate: Path
    key: Path


@dataclass(frozen=True)
class ServerCertificate(Pair):
    authority: Path  # what clients trust


class Authority:
    """Writes itself and what it signs into `folder`."""

    def __init__(self, folder):
        self.folder = folder
        self.certificate = folder / "ca.pem"
        folder.mkdir(parents=True, exist_ok=True)
        self._openssl(
            *["req", "-x509", *KEY_TYPE, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2"],
            *["-subj", "/CN=authority of a test", "-addext", "basicConstraints=critical,CA:TRUE"],
            *["-addext", "keyUsage=critical,keyCertSign"],
        )

    def server(self, names, *, file="server"):
        """A certificate for `names`: DNS names, perhaps with `*.`, or IP:..."""
        alternatives = ",".join(name if ":" in name else f"DNS:{name}" for name in names)
        usage = f"extendedKeyUsage=serverAuth\nsubjectAltName={alternatives}\n"
        return self._pair(file, usage, "server of a test")

    def client(self, common_name, *, file="client"):
        return self._pair(file, "extendedKeyUsage=clientAuth\n", common_name)

    def _pair(self, file, extensions, common_name):
        (self.folder / f"{file}.ext").write_text(EXTENSIONS + extensions)
        request = ["-keyout", f"{file}.key", "-out", f"{file}.csr", "-subj", f"/CN={common_name}"]
        self._openssl("req", *KEY_TYPE, *request)
        self._openssl(
            *["x509", "-req", "-in", f"{file}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"],
            *["-days", "2", "-extfile", f"{file}.ext", "-out", f"{file}.pem"],
        )
        return Pair(self.folder / f"{file}.pem", self.folder / f"{file}.key")

    def _openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True, timeout=60)


def make(folder, names):
    """A new authority and a certificate for `names`."""
    authority = Authority(folder)
    made = authority.server(names)
    return ServerCertificate(made.certificate, made.key, authority.certificate)
