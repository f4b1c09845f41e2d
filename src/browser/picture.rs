//! A picture in pixels: the browser paints a file of lines, and gives it back as PNG.

use js_sys::Array;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, BlobPropertyBag, CanvasRenderingContext2d, HtmlCanvasElement, HtmlImageElement, Url};

use super::promise::settled;
use super::saving::offer;
use super::surroundings::{document, error_text};

/// Paints an SVG document in so many pixels and offers that as a PNG file to be saved.
///
/// # Errors
/// When the browser does not paint it, or not all of it; the error is what it says.
pub async fn save_as_png(name: &str, svg: &str, (width, height): (u32, u32)) -> Result<(), String> {
    let saved = async {
        let canvas = painted(svg, width, height).await?;
        let Some(png) = encoded(&canvas).await? else { return Ok(Err(NOT_ALL.to_owned())) };
        offer(name, &png)?;
        Ok(Ok(()))
    };
    let saved: Result<Result<(), String>, JsValue> = saved.await;
    saved.unwrap_or_else(|error| Err(error_text(&error)))
}

/// A canvas that is too large for a browser stays empty, and nobody says why.
const NOT_ALL: &str = "the browser did not paint all of it, most likely because it is too large";

async fn painted(svg: &str, width: u32, height: u32) -> Result<HtmlCanvasElement, JsValue> {
    let options = BlobPropertyBag::new();
    options.set_type("image/svg+xml");
    let blob = Blob::new_with_str_sequence_and_options(&Array::of1(&svg.into()), &options)?;
    let url = Url::create_object_url_with_blob(&blob)?;
    let image = HtmlImageElement::new()?;
    image.set_src(&url);
    let decoded = settled(&image.decode()).await.result;
    Url::revoke_object_url(&url)?;
    decoded?;
    let canvas: HtmlCanvasElement = document().create_element("canvas")?.unchecked_into();
    canvas.set_width(width);
    canvas.set_height(height);
    let context = canvas.get_context("2d")?.ok_or_else(|| JsValue::from_str(NOT_ALL))?;
    let context: CanvasRenderingContext2d = context.unchecked_into();
    context.draw_image_with_html_image_element_and_dw_and_dh(&image, 0.0, 0.0, width.into(), height.into())?;
    // The ground is opaque to the last pixel.
    let last = context.get_image_data(f64::from(width) - 1.0, f64::from(height) - 1.0, 1.0, 1.0)?.data();
    if last.get(3) == Some(&u8::MAX) { Ok(canvas) } else { Err(JsValue::from_str(NOT_ALL)) }
}

/// What is on a canvas as PNG; `None` where the browser gives nothing.
async fn encoded(canvas: &HtmlCanvasElement) -> Result<Option<Blob>, JsValue> {
    let mut asked = Ok(());
    let promise = js_sys::Promise::new(&mut |resolve, _| {
        let callback = Closure::once_into_js(move |blob: JsValue| {
            // A promise that is settled already does not care.
            resolve.call1(&JsValue::NULL, &blob).ok();
        });
        asked = canvas.to_blob(callback.unchecked_ref());
    });
    asked?;
    Ok(settled(&promise).await.result?.dyn_into().ok())
}
