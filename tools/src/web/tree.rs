//! A page as a tree, which is given up while it grows, where it grows beyond what pages for people are.
//!
//! HTML makes more of a page than stands there: what is bold is opened again in each paragraph that follows, so that a few
//! kilobytes can become millions of nodes.

use std::borrow::Cow;
use std::cell::Cell;
use std::rc::Rc;
use std::time::Instant;

use htmd::Node;
use html5ever::interface::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::{StrTendril, TendrilSink};
use html5ever::{Attribute, ParseOpts, QualName, parse_document};
use markup5ever_rcdom::{Handle, NodeData, RcDom};

use crate::apart;

/// Elements, texts and comments of a page.
const NODES_MAX: usize = 100_000;
/// Elements within elements.
const DEPTH_MAX: usize = 800;
/// The depths of all nodes together: a line is written anew for each element around it that quotes or indents it.
const DEPTHS_MAX: usize = 3_000_000;
/// Bytes that are parsed between two looks at the tree.
const PIECE_BYTES: usize = 512;

/// A page that becomes a tree which is too large or too deep, or takes too long to become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooLarge;

/// The tree of a page.
///
/// # Errors
/// It has too many nodes, is nested too deeply, or takes so long that nobody waits for it any more.
pub(super) fn of(html: &str) -> Result<Rc<Node>, TooLarge> {
    let begin = Instant::now();
    let mut parser = parse_document(Counted::default(), ParseOpts::default());
    let mut rest = html;
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(PIECE_BYTES.min(rest.len())));
        rest = after;
        parser.process(StrTendril::from(piece));
        if parser.tokenizer.sink.sink.is_too_large() || begin.elapsed() > apart::TIME_MAX {
            return Err(TooLarge);
        }
    }
    let tree = parser.finish();
    if tree.is_too_large() || is_too_deep(&tree.dom.document) { Err(TooLarge) } else { Ok(tree.dom.document) }
}

/// Whether a tree is too deep as a whole, found without recursion: elements that were moved took others along.
fn is_too_deep(tree: &Handle) -> bool {
    let mut open = vec![(Rc::clone(tree), 1)];
    let mut depths = 0;
    while let Some((node, depth)) = open.pop() {
        depths += depth;
        if depth > DEPTH_MAX || depths > DEPTHS_MAX {
            return true;
        }
        open.extend(node.children.borrow().iter().map(|child| (Rc::clone(child), depth + 1)));
    }
    false
}

/// The tree that is being made, and how large it has become.
#[derive(Default)]
struct Counted {
    dom: RcDom,
    nodes: Cell<usize>,
    depths: Cell<usize>,
    is_too_deep: Cell<bool>,
}

impl Counted {
    fn is_too_large(&self) -> bool {
        self.nodes.get() > NODES_MAX || self.depths.get() > DEPTHS_MAX || self.is_too_deep.get()
    }

    fn count(&self) {
        self.nodes.set(self.nodes.get() + 1);
    }

    /// Notes that a node or a text comes into this one. A text that goes on is no other node.
    fn grows(&self, parent: &Handle, child: &NodeOrText<Handle>) {
        if matches!(child, NodeOrText::AppendText(_)) {
            let goes_on = |last: &Handle| matches!(last.data, NodeData::Text { .. });
            if parent.children.borrow().last().is_some_and(goes_on) {
                return;
            }
            self.count();
        }
        let mut depth = 1;
        let mut around = parent_of(parent);
        while let Some(node) = around.filter(|_| depth <= DEPTH_MAX) {
            depth += 1;
            around = parent_of(&node);
        }
        self.depths.set(self.depths.get() + depth);
        if depth > DEPTH_MAX {
            self.is_too_deep.set(true);
        }
    }
}

fn parent_of(node: &Handle) -> Option<Handle> {
    let parent = node.parent.take();
    node.parent.set(parent.clone());
    parent?.upgrade()
}

impl TreeSink for Counted {
    type Handle = Handle;
    type Output = Self;
    type ElemName<'a> = <RcDom as TreeSink>::ElemName<'a>;

    fn finish(self) -> Self {
        self
    }

    /// Nobody reads what is wrong with a page.
    fn parse_error(&self, _message: Cow<'static, str>) {}

    fn get_document(&self) -> Handle {
        self.dom.get_document()
    }

    fn elem_name<'a>(&'a self, target: &'a Handle) -> Self::ElemName<'a> {
        self.dom.elem_name(target)
    }

    fn create_element(&self, name: QualName, attrs: Vec<Attribute>, flags: ElementFlags) -> Handle {
        self.count();
        self.dom.create_element(name, attrs, flags)
    }

    fn create_comment(&self, text: StrTendril) -> Handle {
        self.count();
        self.dom.create_comment(text)
    }

    fn create_pi(&self, target: StrTendril, data: StrTendril) -> Handle {
        self.count();
        self.dom.create_pi(target, data)
    }

    fn append(&self, parent: &Handle, child: NodeOrText<Handle>) {
        self.grows(parent, &child);
        self.dom.append(parent, child);
    }

    fn append_based_on_parent_node(
        &self,
        element: &Handle,
        prev_element: &Handle,
        child: NodeOrText<Handle>,
    ) {
        self.grows(prev_element, &child);
        self.dom.append_based_on_parent_node(element, prev_element, child);
    }

    fn append_doctype_to_document(&self, name: StrTendril, public_id: StrTendril, system_id: StrTendril) {
        self.dom.append_doctype_to_document(name, public_id, system_id);
    }

    fn get_template_contents(&self, target: &Handle) -> Handle {
        self.dom.get_template_contents(target)
    }

    fn same_node(&self, x: &Handle, y: &Handle) -> bool {
        self.dom.same_node(x, y)
    }

    fn set_quirks_mode(&self, mode: QuirksMode) {
        self.dom.set_quirks_mode(mode);
    }

    fn append_before_sibling(&self, sibling: &Handle, new_node: NodeOrText<Handle>) {
        self.grows(sibling, &new_node);
        self.dom.append_before_sibling(sibling, new_node);
    }

    /// Those of a page's frame say nothing of its text, and could be as many as one likes.
    fn add_attrs_if_missing(&self, _target: &Handle, _attrs: Vec<Attribute>) {}

    fn remove_from_parent(&self, target: &Handle) {
        self.dom.remove_from_parent(target);
    }

    fn reparent_children(&self, node: &Handle, new_parent: &Handle) {
        self.dom.reparent_children(node, new_parent);
    }

    fn is_mathml_annotation_xml_integration_point(&self, handle: &Handle) -> bool {
        self.dom.is_mathml_annotation_xml_integration_point(handle)
    }
}

#[cfg(test)]
mod tests;
