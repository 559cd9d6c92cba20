//! The server of `cargo xtask playground --serve`: files of one folder, to this machine alone.

use std::fs;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::Result;

/// The content types of the playground's files, by the ends of their names. Files of other kinds are not served.
const CONTENT_TYPES: [(&str, &str); 6] = [
    ("css", "text/css; charset=utf-8"),
    ("html", "text/html; charset=utf-8"),
    ("ico", "image/x-icon"),
    ("js", "text/javascript; charset=utf-8"),
    ("png", "image/png"),
    ("svg", "image/svg+xml"),
];

/// The most bytes of a request that are read. Browsers send some 1,000.
const MAX_REQUEST: u64 = 16 * 1024;

/// The port that addresses with `http:` do not name.
const HTTP_PORT: u16 = 80;

/// The longest silence in the middle of a request. Browsers open connections that they do not use.
const PATIENCE: Duration = Duration::from_secs(10);

/// The content type of the file with this name. Returns `None` if no file of its kind is served.
pub(crate) fn content_type(name: &Path) -> Option<&'static str> {
    let extension = name.extension().and_then(|extension| extension.to_str());
    let mut kinds = CONTENT_TYPES.iter();
    kinds
        .find(|(known, _)| extension == Some(known))
        .map(|(_, kind)| *kind)
}

/// A server that listens on 127.0.0.1.
pub(crate) struct Server {
    listener: TcpListener,
    site: Arc<Site>,
}

/// The folder and the address of a server.
struct Site {
    folder: PathBuf,
    address: SocketAddr,
}

/// A response without its content.
#[derive(Debug, PartialEq)]
struct Refusal(&'static str);

impl Server {
    /// Listens on a port of 127.0.0.1, or on any that is free if it is 0, for requests for files in `folder`.
    pub(crate) fn bind(folder: &Path, port: u16) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .map_err(|error| format!("cannot listen on port {port} of 127.0.0.1: {error}"))?;
        let address = listener.local_addr()?;
        let site = Arc::new(Site {
            folder: folder.to_owned(),
            address,
        });
        Ok(Self { listener, site })
    }

    /// The address for a browser, without a slash at the end.
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.site.address)
    }

    /// Answers requests until this program ends. Each connection has a thread, because a browser keeps some open.
    pub(crate) fn run(&self) {
        for stream in self.listener.incoming().flatten() {
            let site = Arc::clone(&self.site);
            thread::spawn(move || {
                // Nobody is left to tell when a browser has gone.
                let _answered = site.serve(&stream);
            });
        }
    }
}

impl Site {
    /// Reads one request and answers it.
    fn serve(&self, mut stream: &TcpStream) -> io::Result<()> {
        stream.set_read_timeout(Some(PATIENCE))?;
        // Read the request up to the empty line. No request has a body.
        let mut head = Vec::new();
        let mut reader = BufReader::new(stream.take(MAX_REQUEST));
        while !head.ends_with(b"\r\n\r\n") {
            if reader.read_until(b'\n', &mut head)? == 0 {
                return Ok(());
            }
        }
        // Answer with a file or with a line.
        let head = String::from_utf8_lossy(&head);
        let (status, kind, content) = match self.find(&head) {
            Ok((path, kind)) => match fs::read(path) {
                Ok(content) => ("200 OK", kind, content),
                Err(_) => ("404 Not Found", "text/plain", b"no such file\n".to_vec()),
            },
            Err(Refusal(status)) => (status, "text/plain", format!("{status}\n").into_bytes()),
        };
        let length = content.len();
        // Files change when the playground is built again.
        write!(
            stream,
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nCache-Control: no-store\r\n\
             X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
        )?;
        if !head.starts_with("HEAD ") {
            stream.write_all(&content)?;
        }
        stream.flush()
    }

    /// The path and the content type of the file that a request is for.
    fn find(&self, head: &str) -> core::result::Result<(PathBuf, &'static str), Refusal> {
        let mut lines = head.split("\r\n");
        let mut words = lines.next().unwrap_or_default().split(' ');
        let (method, target) = (words.next(), words.next().unwrap_or_default());
        if !matches!(method, Some("GET" | "HEAD")) {
            return Err(Refusal("405 Method Not Allowed"));
        }
        // A page elsewhere whose name was made to lead to 127.0.0.1 is refused, because it names its own host.
        let headers = lines.filter_map(|line| line.split_once(':'));
        let mut hosts = headers.filter(|(name, _)| name.eq_ignore_ascii_case("host"));
        let host = hosts.next().map_or("", |(_, host)| host.trim());
        if !self.is_named(host) {
            return Err(Refusal("421 Misdirected Request"));
        }
        // Names in the folder are plain: nothing is decoded, and no part leads out.
        let path = target.split(['?', '#']).next().unwrap_or_default();
        let path = path.strip_prefix('/').ok_or(Refusal("400 Bad Request"))?;
        let path = Path::new(if path.is_empty() { "index.html" } else { path });
        if !path
            .components()
            .all(|part| matches!(part, Component::Normal(_)))
        {
            return Err(Refusal("404 Not Found"));
        }
        let kind = content_type(path).ok_or(Refusal("404 Not Found"))?;
        Ok((self.folder.join(path), kind))
    }

    /// Tells whether `host` is this server. Browsers leave out the port if it is 80.
    fn is_named(&self, host: &str) -> bool {
        let port = self.address.port();
        let suffix = format!(":{port}");
        let name = match host.strip_suffix(&suffix) {
            Some(name) => name,
            None if port == HTTP_PORT => host,
            None => return false,
        };
        matches!(name, "127.0.0.1" | "localhost")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(line: &str, host: &str) -> core::result::Result<(PathBuf, &'static str), Refusal> {
        find_at(8019, line, host)
    }

    fn find_at(
        port: u16,
        line: &str,
        host: &str,
    ) -> core::result::Result<(PathBuf, &'static str), Refusal> {
        let site = Site {
            folder: "/site".into(),
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
        };
        site.find(&format!("{line}\r\nAccept: */*\r\nHost: {host}\r\n\r\n"))
    }

    #[test]
    fn files_are_found_with_their_types() {
        for (target, path, kind) in [
            ("/", "/site/index.html", "text/html; charset=utf-8"),
            (
                "/index.html?a#b",
                "/site/index.html",
                "text/html; charset=utf-8",
            ),
            (
                "/scripts/engine.js",
                "/site/scripts/engine.js",
                "text/javascript; charset=utf-8",
            ),
        ] {
            for host in ["127.0.0.1:8019", "localhost:8019"] {
                assert_eq!(
                    find(&format!("GET {target} HTTP/1.1"), host),
                    Ok((path.into(), kind))
                );
            }
        }
    }

    #[test]
    fn nothing_outside_the_folder_is_found() {
        let missing = Err(Refusal("404 Not Found"));
        for target in [
            "/../a.js",
            "/a/../../b.js",
            "//etc/a.js",
            "/./../a.js",
            "/passwd",
            "/.js",
            "/a.toml",
        ] {
            assert_eq!(
                find(&format!("GET {target} HTTP/1.1"), "127.0.0.1:8019"),
                missing,
                "{target}"
            );
        }
        assert_eq!(
            find("GET index.html HTTP/1.1", "127.0.0.1:8019"),
            Err(Refusal("400 Bad Request"))
        );
    }

    #[test]
    fn a_page_under_another_name_is_refused() {
        for host in [
            "example.org",
            "example.org:80",
            "127.0.0.1",
            "127.0.0.1:8020",
            "127.0.0.1:80",
            "example.org:8019",
            "127.0.0.1.example.org:8019",
            "",
        ] {
            assert_eq!(
                find("GET / HTTP/1.1", host),
                Err(Refusal("421 Misdirected Request")),
                "{host}"
            );
        }
    }

    #[test]
    fn browsers_leave_out_port_80() {
        for host in ["127.0.0.1", "localhost", "127.0.0.1:80", "localhost:80"] {
            assert!(find_at(80, "GET / HTTP/1.1", host).is_ok(), "{host}");
        }
        for host in ["example.org", "example.org:80", "127.0.0.1:81", ""] {
            let refused = Err(Refusal("421 Misdirected Request"));
            assert_eq!(find_at(80, "GET / HTTP/1.1", host), refused, "{host}");
        }
    }

    #[test]
    fn nothing_but_reading_is_allowed() {
        for method in ["POST", "PUT", ""] {
            let refused = Err(Refusal("405 Method Not Allowed"));
            assert_eq!(
                find(&format!("{method} / HTTP/1.1"), "127.0.0.1:8019"),
                refused
            );
        }
    }

    #[test]
    fn a_file_travels_whole() {
        let folder = Path::new("../playground");
        let server = Server::bind(folder, 0).unwrap();
        let address = server.site.address;
        thread::spawn(move || server.run());
        let ask = |method: &str, target: &str| {
            let mut stream = TcpStream::connect(address).unwrap();
            write!(
                stream,
                "{method} {target} HTTP/1.1\r\nHost: {address}\r\n\r\n"
            )
            .unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            let (head, content) = answer.split_once("\r\n\r\n").unwrap();
            (head.to_owned(), content.to_owned())
        };
        let page = fs::read_to_string(folder.join("index.html")).unwrap();
        let (head, content) = ask("GET", "/");
        assert!(
            head.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"),
            "{head}"
        );
        assert!(
            head.contains(&format!("\r\nContent-Length: {}\r\n", page.len())),
            "{head}"
        );
        assert_eq!(content, page);
        assert_eq!(ask("HEAD", "/"), (head, String::new()));
        assert!(
            ask("GET", "/none.js")
                .0
                .starts_with("HTTP/1.1 404 Not Found\r\n")
        );
    }
}
