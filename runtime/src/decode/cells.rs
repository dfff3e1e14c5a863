//! Which cells of the KV cache are taken. Sequences that begin alike share theirs.

/// A cell for each token that the cache can hold.
#[derive(Debug)]
pub(crate) struct Cells {
    /// Sequences that use each cell.
    users: Vec<u16>,
    free: Vec<u32>,
}

impl Cells {
    /// This many free cells.
    pub(crate) fn new(count: usize) -> Self {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        Self { users: vec![0; count as usize], free: (0..count).rev().collect() }
    }

    /// Cells that nobody uses.
    pub(crate) fn free(&self) -> usize {
        self.free.len()
    }

    /// Takes free cells; fewer than asked where there are no more.
    pub(crate) fn take(&mut self, count: usize) -> Vec<u32> {
        let taken = self.free.split_off(self.free.len().saturating_sub(count));
        for &cell in &taken {
            self.users[cell as usize] = 1;
        }
        taken
    }

    /// One more sequence uses these cells.
    pub(crate) fn share(&mut self, cells: &[u32]) {
        for &cell in cells {
            self.users[cell as usize] += 1;
        }
    }

    /// One sequence less uses these cells.
    pub(crate) fn release(&mut self, cells: &[u32]) {
        for &cell in cells {
            let users = &mut self.users[cell as usize];
            *users -= 1;
            if *users == 0 {
                self.free.push(cell);
            }
        }
    }
}
