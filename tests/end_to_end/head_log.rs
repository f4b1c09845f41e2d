//! The request heads that Chromium says it sent, headers of its own included
//! (`Network.requestWillBeSentExtraInfo`). They are read over a DevTools connection of our own: newer
//! browsers name a field of this event otherwise than the library that drives them expects.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::page::Lab;

/// How long an event may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A connection that is told the heads of all requests from now on.
pub(crate) struct HeadLog {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

/// What a request's head says, by the browser's account.
pub(crate) struct Head {
    pub(crate) method: String,
    pub(crate) url: String,
    /// Names in small letters.
    pub(crate) headers: HashMap<String, String>,
}

impl HeadLog {
    pub(crate) async fn follow(lab: &Lab) -> Self {
        let (socket, _) = tokio_tungstenite::connect_async(lab.devtools()).await.expect("DevTools answers");
        let mut log = Self { socket };
        let enable = json!({ "id": 1, "method": "Network.enable" }).to_string();
        log.socket.send(Message::text(enable)).await.expect("it is asked for network events");
        while log.next().await["id"] != 1 {}
        log
    }

    /// The head of the first request whose URL ends like this.
    pub(crate) async fn of(&mut self, ending: &str) -> Head {
        let (mut urls, mut heads) = (HashMap::new(), HashMap::new());
        loop {
            let event = self.next().await;
            let params = &event["params"];
            let id = params["requestId"].as_str().unwrap_or_default().to_owned();
            match event["method"].as_str() {
                Some("Network.requestWillBeSent") => {
                    let text = |name: &str| params["request"][name].as_str().unwrap_or_default().to_owned();
                    urls.insert(id, (text("method"), text("url")));
                }
                Some("Network.requestWillBeSentExtraInfo") => {
                    heads.insert(id, params["headers"].as_object().cloned().unwrap_or_default());
                }
                _ => {}
            }
            let asked = urls.iter().find(|(id, (_, url))| url.ends_with(ending) && heads.contains_key(*id));
            if let Some((id, (method, url))) = asked {
                let text = |(name, value): (&String, &Value)| {
                    (name.to_lowercase(), value.as_str().unwrap_or_default().to_owned())
                };
                let headers = heads[id].iter().map(text).collect();
                return Head { method: method.clone(), url: url.clone(), headers };
            }
        }
    }

    async fn next(&mut self) -> Value {
        let message =
            tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("DevTools says something in time");
        let message = message.expect("the connection stays").expect("the connection works");
        serde_json::from_slice(&message.into_data()).expect("DevTools speaks JSON")
    }
}
