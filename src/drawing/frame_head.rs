//! The head of a frame as RFC 6455 §5.2 draws it: 32 bits a row, each field a box over its bits, one that
//! does not end with its row goes on in the next; behind it the payload.

use crate::analysis::raw::Field;

/// Bits in a row.
pub const ROW: u32 = 32;

/// A box: a field of the head, or as much of it as is in one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The field's place in the head; `None` for the payload.
    pub field: Option<usize>,
    /// Its row, from 0.
    pub row: u32,
    /// Its first bit's place in the row, from 0.
    pub column: u32,
    /// How many bits wide it is.
    pub span: u32,
    /// The bits in it, the first one first; none for the payload.
    pub bits: Vec<bool>,
    /// The field begins in it.
    pub begins: bool,
}

impl Cell {
    /// A name fits into it only upright, letter below letter.
    #[must_use]
    pub const fn is_narrow(&self) -> bool {
        self.span == 1
    }

    /// The bytes in it, if it has whole ones.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let whole = self.bits.chunks_exact(8);
        whole.map(|byte| byte.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit))).collect()
    }
}

/// The boxes of a head and of the payload behind it, in order.
#[must_use]
pub fn cells(head: &[Field]) -> Vec<Cell> {
    let mut cells = Vec::new();
    for (place, field) in head.iter().enumerate() {
        let mut bits = field.bits();
        let mut at = field.from;
        while at < field.from + field.width {
            let (row, column) = (at / ROW, at % ROW);
            let span = (ROW - column).min(field.from + field.width - at);
            let its = bits.by_ref().take(span as usize).collect();
            cells.push(Cell { field: Some(place), row, column, span, bits: its, begins: at == field.from });
            at += span;
        }
    }
    let end = head.last().map_or(0, |field| field.from + field.width);
    let (row, column) = (end / ROW, end % ROW);
    cells.push(Cell { field: None, row, column, span: ROW - column, bits: Vec::new(), begins: true });
    cells
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::analysis::raw::FieldName;

    /// A head whose length has so many bits more than 7, with a key or without, and bits as in `noise`.
    fn head(extended: u32, key: bool, noise: u64) -> Vec<Field> {
        let fields = [
            (FieldName::Fin, 1),
            (FieldName::Reserved(1), 1),
            (FieldName::Reserved(2), 1),
            (FieldName::Reserved(3), 1),
            (FieldName::Opcode, 4),
            (FieldName::Mask, 1),
            (FieldName::Length, 7),
            (FieldName::ExtendedLength, extended),
            (FieldName::MaskingKey, if key { 32 } else { 0 }),
        ];
        let mut from = 0;
        let fields = fields.into_iter().filter(|(_, width)| *width > 0).map(|(name, width)| {
            let field = Field { name, from, width, value: noise >> (64 - width) };
            from += width;
            field
        });
        fields.collect()
    }

    proptest! {
        #[test]
        fn the_boxes_fill_each_row_in_order_and_have_every_bit(form in 0usize..3, key: bool, noise: u64) {
            let head = head([0, 16, 64][form], key, noise);
            let cells = cells(&head);
            let mut next = 0;
            for cell in &cells {
                prop_assert_eq!(cell.row * ROW + cell.column, next, "no gap and no overlap");
                prop_assert!(cell.span > 0 && cell.column + cell.span <= ROW, "nothing beyond its row");
                next += cell.span;
            }
            prop_assert_eq!(next % ROW, 0, "the last row is full");
            let drawn: Vec<bool> = cells.iter().flat_map(|cell| cell.bits.clone()).collect();
            let meant: Vec<bool> = head.iter().flat_map(Field::bits).collect();
            prop_assert_eq!(drawn, meant);
            let beginnings = cells.iter().filter(|cell| cell.begins && cell.field.is_some()).count();
            prop_assert_eq!(beginnings, head.len());
        }
    }

    #[test]
    fn a_short_masked_frame_is_drawn_as_the_standard_draws_it() {
        let cells = cells(&head(0, true, 0x37fa_213d_0000_0000));
        let places: Vec<_> = cells.iter().map(|cell| (cell.field, cell.row, cell.column, cell.span)).collect();
        let key = [(Some(7), 0, 16, 16), (Some(7), 1, 0, 16)];
        assert_eq!(places[6..], [(Some(6), 0, 9, 7), key[0], key[1], (None, 1, 16, 16)]);
        assert_eq!((cells[7].bytes(), cells[8].bytes()), (vec![0x37, 0xfa], vec![0x21, 0x3d]));
    }
}
