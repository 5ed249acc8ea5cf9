# A WSGI app: answers each request with its method, path, login, and the length of the body it has read.
import sys


def application(environ, start_response):
    size = 0
    if not environ['PATH_INFO'].startswith('/unread'):
        size = len(environ['wsgi.input'].read(int(environ.get('CONTENT_LENGTH') or 0)))
    login = environ.get('HTTP_TAILSCALE_USER_LOGIN', '')
    target = environ.get('RAW_URI') or environ['REQUEST_URI']
    line = f"{environ['REQUEST_METHOD']} {target} {login} {size}\n"
    sys.stderr.write('request ' + line)
    sys.stderr.flush()
    body = line.encode('latin-1')
    start_response('200 OK', [('Content-Type', 'text/plain'), ('Content-Length', str(len(body)))])
    return [body]
