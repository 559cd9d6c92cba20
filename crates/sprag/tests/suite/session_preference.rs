use core::cmp::Ordering;

use sprag::{Account, Initiation};

use crate::support::rng;

#[test]
fn both_parties_prefer_the_same_of_two_sessions() {
    let mut rng = rng(616);
    let mut accounts = [(); 2].map(|()| Account::generate(&mut rng));
    let mut begin = |by: usize, ordinal| {
        let bundle = accounts[1 - by].publish(&mut rng);
        let initiation = Initiation {
            ordinal,
            ..Initiation::default()
        };
        let session = accounts[by].initiate_with(&bundle, &initiation, &mut rng);
        let mut session = session.unwrap();
        let first = session.encrypt(b"first", &mut rng).unwrap();
        let (accepted, _) = accounts[1 - by].accept(&first).unwrap();
        let mut sides = [session, accepted];
        sides.rotate_left(by);
        sides
    };
    let sessions: Vec<_> = [(0, 1), (1, 1), (0, 2), (1, 2), (1, 1), (0, 1)]
        .map(|(by, ordinal)| begin(by, ordinal))
        .into();
    for (index, one) in sessions.iter().enumerate() {
        for other in &sessions[..index] {
            let [alice, bob] = [0, 1].map(|side| one[side].is_preferred_to(&other[side]));
            assert_eq!(alice, bob);
            assert_ne!(alice, other[0].is_preferred_to(&one[0]));
            let ordinals = one[0].ordinal().cmp(&other[0].ordinal());
            let ids = other[0].id().cmp(one[0].id());
            assert_eq!(alice, ordinals.then(ids) == Ordering::Greater);
        }
        assert!(!one[0].is_preferred_to(&one[0]));
        assert!(!one[0].is_preferred_to(&one[1]));
    }
}
