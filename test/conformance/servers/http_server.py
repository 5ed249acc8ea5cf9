# An app on Python's own server, which never reads a body by itself.
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class App(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def respond(self):
        size = 0
        if not self.path.startswith('/unread') and self.headers['Content-Length']:
            size = len(self.rfile.read(int(self.headers['Content-Length'])))
        line = f"{self.command} {self.path} {self.headers['Tailscale-User-Login']} {size}\n"
        print('request', line, end='', flush=True)
        self.send_response(200)
        self.send_header('Content-Length', str(len(line)))
        self.end_headers()
        self.wfile.write(line.encode('latin-1'))

    do_GET = do_POST = do_PUT = do_DELETE = respond

    def log_message(self, *args):
        pass


server = ThreadingHTTPServer(('127.0.0.1', 0), App)
print('port', server.server_port, flush=True)
server.serve_forever()
