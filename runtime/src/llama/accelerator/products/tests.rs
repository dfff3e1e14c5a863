//! What both kernels are compared with, and weights as ggml itself lays them out.

use std::ptr::{null, null_mut};

use fastrand::Rng;

use super::*;
use crate::llama::accelerator::tests::{not_checked, value};
use crate::llama::backend::backend;

/// A block of whole numbers and their scale.
pub(super) type Whole = (f64, [i32; BLOCK]);

/// Columns of blocks of very different size, and of some of nothing.
pub(super) fn columns(count: usize, blocks: usize, random: &mut Rng) -> Vec<f32> {
    let number = |at: usize| match at / BLOCK % 5 {
        4 => 0.0,
        size => (random.f32() - 0.5) * 10_f32.powi(2 * size as i32 - 3),
    };
    (0..count * blocks * BLOCK).map(number).collect()
}

/// A column in blocks of a scale and whole numbers, as ggml's `quantize_row_q8_0_ref` rounds it.
fn rounded(column: &[f32]) -> Vec<Whole> {
    // SAFETY: the caller checked that the processor has the instructions.
    #[expect(unsafe_code, reason = "a function for some processors")]
    let half = |number: f32| f64::from(unsafe { kernel::as_half(number) });
    let round = |numbers: &[f32; BLOCK]| {
        let most = numbers.iter().fold(0.0_f32, |most, number| most.max(number.abs()));
        let factor = if most == 0.0 { 0.0 } else { 127.0 / most };
        (half(most / 127.0), numbers.map(|number| (number * factor).round_ties_even() as i32))
    };
    column.as_chunks().0.iter().map(round).collect()
}

/// The largest difference of products from the definition in 64-bit floats, relative to the sizes of what is added. `rows` have so
/// many blocks each; for each column `out` has what came of it and each row.
pub(super) fn worst(columns: &[f32], rows: &[Whole], blocks: usize, out: &[f32]) -> f64 {
    let (mut worst, rows) = (0.0_f64, rows.chunks(blocks));
    for (column, out) in columns.chunks(blocks * BLOCK).zip(out.chunks(rows.len())) {
        let column = rounded(column);
        for (row, out) in rows.clone().zip(out) {
            let (mut sum, mut size) = (0.0, f64::MIN_POSITIVE);
            for ((weight, weights), (scale, numbers)) in row.iter().zip(&column) {
                let products = weights.iter().zip(numbers).map(|(a, b)| a * b);
                let product = f64::from(products.sum::<i32>()) * weight * scale;
                sum += product;
                size += product.abs();
            }
            let off = (f64::from(*out) - sum).abs() / size;
            worst = worst.max(if off.is_nan() { f64::INFINITY } else { off });
        }
    }
    worst
}

/// ggml's `block_q4_0`, and what it stands for.
fn block_of_nibbles(random: &mut Rng) -> ([u8; 18], Whole) {
    let (scale, bytes): (u16, [u8; 16]) =
        (random.u16(0x0800..0x3c00), std::array::from_fn(|_| random.u8(..)));
    let mut block = [0; 18];
    block[..2].copy_from_slice(&scale.to_le_bytes());
    block[2..].copy_from_slice(&bytes);
    let number = |at: usize| i32::from(bytes[at % 16] >> (at / 16 * 4) & 15) - 8;
    (block, (value(scale), std::array::from_fn(number)))
}

/// ggml's kinds of buffers for weights that its CPU lays out anew.
#[expect(unsafe_code, reason = "C functions")]
fn extra_buffers() -> Vec<sys::ggml_backend_buffer_type_t> {
    type Buffers = unsafe extern "C" fn(sys::ggml_backend_dev_t) -> *mut sys::ggml_backend_buffer_type_t;
    backend().unwrap();
    // SAFETY: the function of this name has this signature, and gives a list that ends with null.
    unsafe {
        let cpu = sys::ggml_backend_dev_by_type(sys::GGML_BACKEND_DEVICE_TYPE_CPU);
        let name = c"ggml_backend_dev_get_extra_bufts".as_ptr();
        let buffers = sys::ggml_backend_reg_get_proc_address(sys::ggml_backend_dev_backend_reg(cpu), name);
        let Some(buffers) = std::mem::transmute::<*mut c_void, Option<Buffers>>(buffers) else {
            return Vec::new();
        };
        let buffers = buffers(cpu);
        (0..).map(|index| *buffers.add(index)).take_while(|buffers| !buffers.is_null()).collect()
    }
}

/// The one for repacked weights.
#[expect(unsafe_code, reason = "a C function")]
fn repacking() -> Option<sys::ggml_backend_buffer_type_t> {
    // SAFETY: kinds of buffers live as long as the process.
    extra_buffers().into_iter().find(|&buffers| unsafe { are_repacked(buffers) })
}

/// Those for AMX are left out, since their kernels end the process (`cpu/amx.rs`).
#[test]
#[expect(unsafe_code, reason = "a C function")]
fn ggml_has_no_buffers_for_amx() {
    // SAFETY: names live as long as the process.
    let name = |buffers| unsafe { CStr::from_ptr(sys::ggml_backend_buft_name(buffers)) };
    let names: Vec<&CStr> = extra_buffers().into_iter().map(name).collect();
    assert!(!names.contains(&c"AMX"), "{names:?}");
}

/// The result of ggml's product, and of ours.
///
/// # Safety
/// The processor has what [`wide`] takes, and `bytes` are so many rows of 4-bit weights.
#[expect(unsafe_code, reason = "C functions")]
unsafe fn both(
    repacking: sys::ggml_backend_buffer_type_t,
    bytes: &[u8],
    rows: usize,
    columns: &[f32],
) -> [Vec<f32>; 2] {
    let width = bytes.len() / rows / 18 * BLOCK;
    // SAFETY: tensors are used while their contexts and buffers live, and have as many bytes as are set.
    unsafe {
        let room = || {
            let mem_size = 8 * sys::ggml_tensor_overhead() + sys::ggml_graph_overhead();
            sys::ggml_init(sys::ggml_init_params { mem_size, mem_buffer: null_mut(), no_alloc: true })
        };
        let (model, graph) = (room(), room());
        let weights = sys::ggml_new_tensor_2d(model, sys::GGML_TYPE_Q4_0, width as i64, rows as i64);
        let kept = sys::ggml_backend_alloc_ctx_tensors_from_buft(model, repacking);
        sys::ggml_backend_tensor_set(weights, bytes.as_ptr().cast(), 0, bytes.len());
        let count = columns.len() / width;
        let numbers = sys::ggml_new_tensor_2d(graph, sys::GGML_TYPE_F32, width as i64, count as i64);
        let product = sys::ggml_mul_mat(graph, weights, numbers);
        let nodes = sys::ggml_new_graph(graph);
        sys::ggml_build_forward_expand(nodes, product);
        let used = sys::ggml_backend_alloc_ctx_tensors_from_buft(graph, sys::ggml_backend_cpu_buffer_type());
        sys::ggml_backend_tensor_set(numbers, columns.as_ptr().cast(), 0, size_of_val(columns));
        let result = || slice::<f32>((*product).data, rows * count).to_vec();
        let cpu = sys::ggml_backend_cpu_init();
        sys::ggml_backend_graph_compute(cpu, nodes);
        let theirs = result();
        assert!(takes(&*product) && compute(&*product, 1, &mut null()), "it is not computed here");
        let ours = result();
        sys::ggml_backend_free(cpu);
        sys::ggml_backend_buffer_free(used);
        sys::ggml_backend_buffer_free(kept);
        sys::ggml_free(graph);
        sys::ggml_free(model);
        [theirs, ours]
    }
}

#[test]
fn repacked_weights_are_read_as_ggml_lays_them_out() {
    if !has_wide() {
        return not_checked("products with weights of 4 bits", "the processor has not AVX-512 with VNNI");
    }
    let Some(repacking) = repacking() else {
        return not_checked("products with weights of 4 bits", "ggml does not repack them");
    };
    let (rows, blocks, count) = (48, 3, 5);
    let mut random = Rng::with_seed(11);
    let (bytes, whole): (Vec<_>, Vec<_>) = (0..rows * blocks).map(|_| block_of_nibbles(&mut random)).unzip();
    let columns = columns(count, blocks, &mut random);
    // SAFETY: as was checked.
    #[expect(unsafe_code, reason = "C functions")]
    let both = unsafe { both(repacking, bytes.as_flattened(), rows, &columns) };
    for (out, whose) in both.iter().zip(["ggml's", "ours"]) {
        let worst = worst(&columns, &whole, blocks, out);
        assert!(worst < 1e-6, "{whose} are off by {worst}");
    }
}
