//! A website of somebody else that embeds labs: pages at an origin of its own.

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use tokio::net::TcpListener;

/// A running website; ends when dropped.
pub(crate) struct HostPages {
    origin: String,
    serving: tokio::task::JoinHandle<()>,
}

impl HostPages {
    /// Serves pages, each by its path.
    pub(crate) async fn serve(pages: Vec<(&'static str, String)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let origin = format!("http://{}", listener.local_addr().expect("its address"));
        let router = pages
            .into_iter()
            .fold(Router::new(), |router, (path, page)| router.route(path, get(move || async move { Html(page) })));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self { origin, serving }
    }

    /// Serves one page at `/`, which has no origin of its own.
    pub(crate) async fn serve_sandboxed(page: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let origin = format!("http://{}", listener.local_addr().expect("its address"));
        let sandboxed = move || async move { ([("content-security-policy", "sandbox allow-scripts")], Html(page)) };
        let router = Router::new().route("/", get(sandboxed));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self { origin, serving }
    }

    /// `http://127.0.0.1:<port>`.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }
}

impl Drop for HostPages {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// A page with this in its body, which keeps what its labs say: `heard` has the messages with their origins, `told` the
/// element's events with the labs' ids, in the order in which they came.
pub(crate) fn page(body: &str) -> String {
    format!(
        "<!doctype html><html lang=en><meta charset=utf-8><title>A host page</title>
        <script>
            const heard = [], told = [];
            addEventListener('message', ({{ data, origin }}) => {{
                heard.push({{ ...data, origin }});
                // What changes in the document has whoever waits look again: once the element has done its part.
                setTimeout(() => document.documentElement.dataset.heard = heard.length);
            }});
            for (const what of ['ready', 'state', 'results', 'refused']) {{
                addEventListener(`duplex-${{what}}`, ({{ target, detail }}) => {{
                    told.push({{ what, lab: target.id, ...detail }});
                    document.documentElement.dataset.told = told.length;
                }});
            }}
        </script>
        {body}"
    )
}
