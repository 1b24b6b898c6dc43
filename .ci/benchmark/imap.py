"""An IMAP client that adds as little as it can to what is measured."""
import socket
import ssl
import sys
import zlib


class Client:
    """One connection; the greeting has been read."""

    def __init__(self, port, tls=False, header=b""):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(header)
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            self.socket = context.wrap_socket(self.socket)
        self.deflater = self.inflater = None
        self.rest = b""
        self.line()

    def compress(self):
        self.command("COMPRESS DEFLATE")
        self.deflater = zlib.compressobj(wbits=-15)
        self.inflater = zlib.decompressobj(wbits=-15)

    def send(self, octets):
        if self.deflater:
            octets = self.deflater.compress(octets) + self.deflater.flush(zlib.Z_SYNC_FLUSH)
        self.socket.sendall(octets)

    def line(self):
        while b"\n" not in self.rest:
            octets = self.socket.recv(1 << 16)
            if not octets:
                sys.exit("the server closed the connection")
            self.rest += self.inflater.decompress(octets) if self.inflater else octets
        line, self.rest = self.rest.split(b"\n", 1)
        return line

    def command(self, text):
        """Returns the untagged lines before an OK; anything else ends the program."""
        self.send(b"a " + text.encode() + b"\r\n")
        lines = []
        while True:
            line = self.line()
            if line.startswith(b"a "):
                break
            lines.append(line.decode())
        if not line.startswith(b"a OK"):
            sys.exit(f"{text[:200]}: {line.decode().strip()}")
        return lines

    def log_in(self, number):
        self.command(f"LOGIN user{number} pass")

    def append(self, mailbox, message):
        self.send(b"a APPEND %s {%d+}\r\n%s\r\n" % (mailbox.encode(), len(message), message))
        while not (line := self.line()).startswith(b"a "):
            pass
        if not line.startswith(b"a OK"):
            sys.exit(f"APPEND: {line.decode().strip()}")
