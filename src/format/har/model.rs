//! A HAR file as it is written, field by field. Fields with an underscore are not of HAR 1.2: those of Chromium's
//! developer tools by their names there, and a few of our own.

use serde::Serialize;

use crate::trace::{Cause, Closing, Inference};

#[derive(Serialize)]
pub(super) struct Har<'a> {
    pub(super) log: Log<'a>,
}

#[derive(Serialize)]
pub(super) struct Log<'a> {
    pub(super) version: &'static str,
    pub(super) creator: Application,
    pub(super) browser: Application,
    pub(super) pages: [Page; 1],
    pub(super) entries: Vec<Entry<'a>>,
    #[serde(rename = "_duplex")]
    pub(super) run: Run<'a>,
}

#[derive(Serialize)]
pub(super) struct Application {
    pub(super) name: String,
    pub(super) version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) comment: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Page {
    pub(super) started_date_time: String,
    pub(super) id: &'static str,
    pub(super) title: String,
    pub(super) page_timings: Empty,
}

#[derive(Serialize)]
pub(super) struct Empty {}

/// What run it was.
#[derive(Serialize)]
pub(super) struct Run<'a> {
    pub(super) run: String,
    pub(super) lab: &'a str,
    pub(super) parameters: &'a [(String, String)],
    pub(super) version: &'a str,
    /// Of the page's clock, in ms.
    pub(super) resolution: f64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entry<'a> {
    /// When it began, in µs since 1970: the order of entries.
    #[serde(skip)]
    pub(super) began: i64,
    pub(super) pageref: &'static str,
    pub(super) started_date_time: String,
    pub(super) time: f64,
    pub(super) request: Request,
    pub(super) response: Response<'a>,
    pub(super) cache: Empty,
    pub(super) timings: Timings,
    #[serde(rename = "serverIPAddress", skip_serializing_if = "Option::is_none")]
    pub(super) server_ip_address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) connection: Option<String>,
    #[serde(rename = "_resourceType")]
    pub(super) resource_type: &'static str,
    #[serde(rename = "_turn")]
    pub(super) turn: u32,
    #[serde(rename = "_client", skip_serializing_if = "is_zero")]
    pub(super) client: u32,
    #[serde(rename = "_warmUp", skip_serializing_if = "is_false")]
    pub(super) warm_up: bool,
    #[serde(rename = "_page", skip_serializing_if = "Option::is_none")]
    pub(super) page: Option<AtPage>,
    #[serde(rename = "_server", skip_serializing_if = "Option::is_none")]
    pub(super) server: Option<AtServer>,
    #[serde(rename = "_eventSourceMessages", skip_serializing_if = "Vec::is_empty")]
    pub(super) events: Vec<Event>,
    #[serde(rename = "_webSocketMessages", skip_serializing_if = "Option::is_none")]
    pub(super) messages: Option<Vec<Message>>,
    #[serde(rename = "_controlFrames", skip_serializing_if = "Vec::is_empty")]
    pub(super) control_frames: Vec<ControlFrame>,
    #[serde(rename = "_closed", skip_serializing_if = "Option::is_none")]
    pub(super) closed: Option<Closed<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) url: String,
    pub(super) http_version: String,
    pub(super) cookies: Vec<Pair>,
    pub(super) headers: Vec<Pair>,
    pub(super) query_string: Vec<Pair>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) post_data: Option<PostData>,
    pub(super) headers_size: i64,
    pub(super) body_size: i64,
    #[serde(rename = "_instrumentSize", skip_serializing_if = "Option::is_none")]
    pub(super) instrument: Option<u64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Response<'a> {
    pub(super) status: u16,
    pub(super) status_text: String,
    pub(super) http_version: String,
    pub(super) cookies: Vec<Pair>,
    pub(super) headers: Vec<Pair>,
    pub(super) content: Content,
    #[serde(rename = "redirectURL")]
    pub(super) redirect_url: String,
    pub(super) headers_size: i64,
    pub(super) body_size: i64,
    #[serde(rename = "_transferSize", skip_serializing_if = "Option::is_none")]
    pub(super) transfer_size: Option<u64>,
    #[serde(rename = "_instrumentSize", skip_serializing_if = "Option::is_none")]
    pub(super) instrument: Option<u64>,
    #[serde(rename = "_error", skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
    #[serde(rename = "_failing", skip_serializing_if = "Option::is_none")]
    pub(super) failing: Option<Failing<'a>>,
}

#[derive(Serialize)]
pub(super) struct Failing<'a> {
    pub(super) cause: &'a Cause,
    pub(super) inferred_from: Inference,
}

/// A header, a cookie, or a parameter of a query.
#[derive(Clone, Serialize)]
pub(super) struct Pair {
    pub(super) name: String,
    pub(super) value: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PostData {
    pub(super) mime_type: String,
    pub(super) text: String,
    #[serde(rename = "_encoding", skip_serializing_if = "Option::is_none")]
    pub(super) encoding: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Content {
    pub(super) size: i64,
    pub(super) mime_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) encoding: Option<&'static str>,
}

/// In ms; -1 for what does not apply or is not known.
#[derive(Serialize)]
pub(super) struct Timings {
    pub(super) blocked: f64,
    pub(super) dns: f64,
    pub(super) connect: f64,
    pub(super) send: f64,
    pub(super) wait: f64,
    pub(super) receive: f64,
    pub(super) ssl: f64,
}

/// What the page saw of a response, in ms after `startedDateTime`.
#[derive(Serialize)]
pub(super) struct AtPage {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) head: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) read: Option<f64>,
}

/// When the server received a request and sent the response, by its own account, placed on the page's clock: in ms after
/// `startedDateTime`, to ± `uncertainty`.
#[derive(Serialize)]
pub(super) struct AtServer {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) received: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sent: Option<f64>,
    pub(super) uncertainty: f64,
}

/// A server-sent event.
#[derive(Serialize)]
pub(super) struct Event {
    /// In seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) time: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) data: Option<String>,
    #[serde(rename = "_size", skip_serializing_if = "Option::is_none")]
    pub(super) size: Option<u64>,
    #[serde(rename = "_turn")]
    pub(super) turn: u32,
}

/// A WebSocket message, as Chromium's developer tools write it.
#[derive(Serialize)]
pub(super) struct Message {
    #[serde(rename = "type")]
    pub(super) way: &'static str,
    /// In seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) time: Option<f64>,
    pub(super) opcode: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) data: Option<String>,
    /// Bytes of what it carried, where `data` is not here.
    #[serde(rename = "_size", skip_serializing_if = "Option::is_none")]
    pub(super) size: Option<u64>,
    /// `data` is without the envelope that came before it.
    #[serde(rename = "_envelopeLeftOut", skip_serializing_if = "is_false")]
    pub(super) envelope_left_out: bool,
    #[serde(rename = "_turn")]
    pub(super) turn: u32,
    #[serde(rename = "_warmUp", skip_serializing_if = "is_false")]
    pub(super) warm_up: bool,
    /// The place in the list of the one that it answers.
    #[serde(rename = "_answers", skip_serializing_if = "Option::is_none")]
    pub(super) answers: Option<usize>,
    /// When the server sent or received it, placed on the page's clock.
    #[serde(rename = "_server", skip_serializing_if = "Option::is_none")]
    pub(super) server: Option<Placed>,
}

/// A time of the server's, placed on the page's clock: in seconds since 1970, to ± `uncertainty` seconds.
#[derive(Serialize)]
pub(super) struct Placed {
    pub(super) time: f64,
    pub(super) uncertainty: f64,
}

/// A close frame, as far as the page knows of it, or a ping or pong that the server saw.
#[derive(Serialize)]
pub(super) struct ControlFrame {
    #[serde(rename = "type")]
    pub(super) way: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) time: Option<f64>,
    /// Where the time is the server's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) uncertainty: Option<f64>,
    pub(super) opcode: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) code: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) data: Option<String>,
    /// It answers the close frame of the other side.
    #[serde(skip_serializing_if = "is_false")]
    pub(super) answers: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) turn: Option<u32>,
    #[serde(rename = "warmUp", skip_serializing_if = "is_false")]
    pub(super) warm_up: bool,
}

/// How the connection of a WebSocket ended.
#[derive(Serialize)]
pub(super) struct Closed<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) time: Option<f64>,
    pub(super) how: &'a Closing,
}

const fn is_zero(value: &u32) -> bool {
    *value == 0
}

const fn is_false(value: &bool) -> bool {
    !*value
}
