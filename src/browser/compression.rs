//! DEFLATE (RFC 1951) by the browser's own streams (Compression Streams standard), so that the page carries no
//! compressor of its own.

use js_sys::{Array, Function, Reflect, Uint8Array};
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{ReadableStream, ReadableStreamDefaultReader, WritableStream};

use super::promise::settled;
use super::surroundings::error_text;

/// Compresses bytes.
///
/// # Errors
/// When this browser cannot; the error is a clause.
pub async fn deflate(bytes: &[u8]) -> Result<Vec<u8>, String> {
    through("CompressionStream", bytes, usize::MAX).await
}

/// Brings bytes back, as long as they are no more than so many.
///
/// # Errors
/// When this browser cannot, when they are damaged, or when there are more; the error is a clause.
pub async fn inflate(bytes: &[u8], most: usize) -> Result<Vec<u8>, String> {
    through("DecompressionStream", bytes, most).await
}

const UNABLE: &str =
    "this browser cannot compress: that takes Chromium 103, Firefox 113 or Safari 16.4, or a later one";

/// Sends bytes through a stream of that class. (web-sys has these classes as unstable ones only, which would take a
/// switch of the compiler.)
async fn through(class: &str, bytes: &[u8], most: usize) -> Result<Vec<u8>, String> {
    let stream = || -> Result<JsValue, JsValue> {
        let class: Function = Reflect::get(&js_sys::global(), &class.into())?.dyn_into()?;
        Reflect::construct(&class, &Array::of1(&"deflate-raw".into()))
    };
    let stream = stream().map_err(|_| UNABLE.to_owned())?;
    let end = |name: &str| Reflect::get(&stream, &name.into()).map_err(|error| error_text(&error));
    let (writable, readable): (WritableStream, ReadableStream) =
        (end("writable")?.unchecked_into(), end("readable")?.unchecked_into());
    let writer = writable.get_writer().map_err(|error| error_text(&error))?;
    // What becomes of these shows where it is read.
    let _written = settled(&writer.write_with_chunk(&Uint8Array::from(bytes)));
    let _closed = settled(&writer.close());
    let reader: ReadableStreamDefaultReader = readable.get_reader().unchecked_into();
    let mut all = Vec::new();
    loop {
        let part = settled(&reader.read()).await.result.map_err(|error| error_text(&error))?;
        let get = |name: &str| Reflect::get(&part, &name.into()).unwrap_or_default();
        if get("done").is_truthy() {
            return Ok(all);
        }
        let part: Uint8Array = get("value").unchecked_into();
        if part.length() as usize > most - all.len() {
            // Nobody waits for it.
            let _cancelled = settled(&reader.cancel());
            return Err(format!("it is larger than {most} bytes"));
        }
        all.extend(part.to_vec());
    }
}
