//! The output of `Display` and `Debug`.

use std::collections::HashSet;

use sprag_relay_wire::{
    Address, AddressChange, AddressError, AddressId, AddressProof, AddressSecret, DEFAULT_PORT,
    Epoch, Error, Host, Invitation, MailboxId, MailboxSeed, MessageId, RelayAddress,
    SendCapability,
};

#[test]
fn errors_say_what_is_wrong() {
    let errors = [
        (Error::Truncated, "input is truncated"),
        (Error::Oversized, "input is larger than allowed"),
        (Error::Undersized, "input is smaller than any of its kind"),
        (Error::Trailing, "bytes follow the end of the input"),
        (Error::NotCanonical, "input is not canonically encoded"),
        (Error::Malformed, "input is malformed"),
        (
            Error::UnknownVersion(2),
            "version 2 of the relay's protocol is not known: a newer program may know it",
        ),
    ];
    for (error, text) in errors {
        assert_eq!(error.to_string(), text);
    }
}

#[test]
fn errors_of_addresses_say_what_can_help() {
    let errors = [
        AddressError::Scheme,
        AddressError::Relay,
        AddressError::Mailbox,
        AddressError::Oversized,
        AddressError::Fingerprint,
        AddressError::Host,
        AddressError::Port,
        AddressError::Secret,
        AddressError::Damaged,
    ];
    let texts = errors.map(|error| error.to_string());
    assert_eq!(texts.iter().collect::<HashSet<_>>().len(), errors.len());
    assert_eq!(
        texts[8],
        "a character of the address was altered on the way: copy the address again"
    );
}

#[test]
fn secrets_are_not_shown() {
    let seed = MailboxSeed::from_bytes(&[0xab; 32]);
    let address = Address {
        relay: RelayAddress {
            fingerprint: [1; 32],
            host: Host::new("a.example").unwrap(),
            port: DEFAULT_PORT,
        },
        capability: SendCapability::from_bytes(&[0xab; 32]),
        secret: AddressSecret::from_bytes(&[0xab; 32]),
    };
    let invitation = Invitation::from_bytes(&[0xab; 60]);
    let change = AddressChange::Add(AddressProof::from_bytes(&[0xab; 32]));
    for shown in [
        format!("{seed:?}"),
        format!("{:?}", seed.owner()),
        format!("{:?}", seed.proof(1)),
        format!("{address:?}"),
        format!("{:?}", address.expose()),
        format!("{invitation:?}"),
        format!("{:?}", invitation.expose()),
        format!("{change:?}"),
    ] {
        // 171 is 0xab.
        assert!(shown.contains("SecretBytes { .. }"), "{shown}");
        assert!(!shown.contains("171") && !shown.contains("abab"), "{shown}");
    }
}

#[test]
fn an_epoch_is_shown_and_ids_are_not() {
    let epoch = Epoch::from_bytes([0x5a; 16]);
    assert_eq!(format!("{epoch:?}"), format!("Epoch({})", "5a".repeat(16)));
    let mailbox = MailboxId::from_bytes([0xab; 32]);
    assert_eq!(format!("{mailbox:?}"), "MailboxId { .. }");
    let address = AddressId::from_bytes([0xab; 32]);
    assert_eq!(format!("{address:?}"), "AddressId { .. }");
    let message = MessageId::from_bytes([0xab; 16]);
    assert_eq!(format!("{message:?}"), "MessageId { .. }");
}
