//! A canvas that is painted on, where more marks are in view than a document should hold.

use wasm_bindgen::{JsCast, JsValue};

/// A canvas, ready to be painted on in pixels of the page.
pub struct Canvas {
    context: web_sys::CanvasRenderingContext2d,
}

impl Canvas {
    /// Empties a canvas and gives it that size in pixels of the page, as sharp as the screen is. `None` where the
    /// browser has no room for it.
    #[must_use]
    pub fn fresh(canvas: &web_sys::HtmlCanvasElement, width: f64, height: f64) -> Option<Self> {
        // Sharper than twice nobody sees, and it would cost four times as much.
        let sharp = web_sys::window().map_or(1.0, |window| window.device_pixel_ratio()).clamp(1.0, 2.0);
        canvas.set_width((width * sharp).round() as u32);
        canvas.set_height((height * sharp).round() as u32);
        let context = canvas.get_context("2d").ok()??.dyn_into::<web_sys::CanvasRenderingContext2d>().ok()?;
        context.scale(sharp, sharp).ok()?;
        Some(Self { context })
    }

    /// Moves the origin.
    pub fn move_origin(&self, x: f64, y: f64) {
        // Fails for what is not finite alone.
        self.context.translate(x, y).ok();
    }

    /// Begins a path with a pen: its colour, its width, its dashes.
    pub fn pen(&self, colour: &str, width: f64, dashes: &[f64]) {
        self.context.set_stroke_style_str(colour);
        self.context.set_fill_style_str(colour);
        self.context.set_line_width(width);
        let dashes: js_sys::Array = dashes.iter().map(|&dash| JsValue::from_f64(dash)).collect();
        self.context.set_line_dash(&dashes).ok();
        self.context.begin_path();
    }

    /// How much shines through, from 0, all, to 1, nothing.
    pub fn opacity(&self, opacity: f64) {
        self.context.set_global_alpha(opacity);
    }

    /// Goes somewhere without drawing.
    pub fn go(&self, x: f64, y: f64) {
        self.context.move_to(x, y);
    }

    /// Draws a line from where the pen is.
    pub fn line(&self, x: f64, y: f64) {
        self.context.line_to(x, y);
    }

    /// Adds a rectangle to the path.
    pub fn rect(&self, x: f64, y: f64, width: f64, height: f64) {
        self.context.rect(x, y, width, height);
    }

    /// Adds a circle to the path.
    pub fn circle(&self, x: f64, y: f64, radius: f64) {
        self.context.move_to(x + radius, y);
        self.context.arc(x, y, radius, 0.0, std::f64::consts::TAU).ok();
    }

    /// Draws the path.
    pub fn stroke(&self) {
        self.context.stroke();
    }

    /// Fills the path.
    pub fn fill(&self) {
        self.context.fill();
    }

    /// Begins to write: the type as in CSS, the anchor as in SVG (`start`, `middle`, `end`), the colour of the words and
    /// that of a rim around them.
    pub fn write(&self, font: &str, anchor: &str, ink: &str, rim: Option<&str>) {
        self.context.set_font(font);
        self.context.set_text_align(if anchor == "middle" { "center" } else { anchor });
        self.context.set_fill_style_str(ink);
        if let Some(rim) = rim {
            self.context.set_stroke_style_str(rim);
            self.context.set_line_width(3.0);
            self.context.set_line_dash(&js_sys::Array::new()).ok();
        }
    }

    /// Words with their baseline there, and the rim around them where they have one.
    pub fn words(&self, words: &str, x: f64, y: f64, has_rim: bool) {
        if has_rim {
            self.context.stroke_text(words, x, y).ok();
        }
        self.context.fill_text(words, x, y).ok();
    }
}
