//! The client against the real daemon.

mod support;

use std::collections::BTreeSet;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use imaged::testing::set_next_stream_id;
use imaged::{
    AddFaultRuleRequest, AdvanceClockRequest, CallOptions, CancelRequest, Client,
    CreateImageRequest, CreateImageResponse, DescribeAccountRequest, DescribeFaultRulesRequest,
    DescribeImagesRequest, DescribeInstancesRequest, DescribeRegionsRequest, Error,
    FinishJobsRequest, HealthRequest, HoldJobsRequest, ReadEventsRequest, RegisterInstanceRequest,
    RegisterInstanceResponse, RegisteredDisk, ReleaseRequestsRequest, StatusCode, VersionRequest,
    WaitForImageRequest, WatchRequest,
};

use support::{daemon, PATIENCE};

/// The daemon of a test and a client in an account of its own, or the end of the test if there is
/// no daemon.
macro_rules! account {
    ($daemon:ident, $account:ident) => {
        let $daemon = match daemon() {
            Some(daemon) => daemon,
            None => return,
        };
        let $account = $daemon.account().unwrap();
    };
}

fn register(client: &Client) -> RegisterInstanceResponse {
    let request = RegisterInstanceRequest {
        region_id: "cn-hangzhou".into(),
        disk: vec![RegisteredDisk { size: Some(40), ..Default::default() }],
        ..Default::default()
    };
    client.register_instance(&request).unwrap()
}

fn create(instance: &str, name: &str, token: &str) -> CreateImageRequest {
    CreateImageRequest {
        region_id: "cn-hangzhou".into(),
        instance_id: instance.into(),
        image_name: name.into(),
        client_token: token.into(),
        ..Default::default()
    }
}

fn wait_for(image: &CreateImageResponse) -> WaitForImageRequest {
    let image_id = image.image_id.clone();
    WaitForImageRequest { region_id: "cn-hangzhou".into(), image_id }
}

/// The names of the images that there are.
fn names(client: &Client) -> Vec<String> {
    let request = DescribeImagesRequest {
        region_id: "cn-hangzhou".into(),
        image_owner_alias: "self".into(),
        status: "ALL".into(),
        ..Default::default()
    };
    let images = client.describe_images(&request).unwrap().images;
    images.into_iter().map(|image| image.image_name).collect()
}

/// Holds back the next request of an operation; it is there when this returns true.
fn is_held(client: &Client, token: &str) -> bool {
    let rules = client.describe_fault_rules(&DescribeFaultRulesRequest {}).unwrap();
    rules.held_requests.iter().any(|held| held.client_token == token)
}

fn hold_create_image(client: &Client) {
    let rule = AddFaultRuleRequest { action: "hold".into(), ..Default::default() };
    client.add_fault_rule(&rule).unwrap();
}

#[test]
fn an_image_is_made_described_and_found_finished() {
    account!(daemon, account);
    let vm = register(&account);
    assert_eq!(vm.disk_ids.len(), 1);
    let image = account.create_image(&create(&vm.instance_id, "first", "")).unwrap();
    account.finish_jobs(&FinishJobsRequest::default()).unwrap();
    let finished = account.wait_for_image(&wait_for(&image)).unwrap().image.unwrap();
    assert_eq!((&*finished.image_id, &*finished.status), (&*image.image_id, "Available"));
    assert_eq!(finished.disk_device_mappings[0].size, "40");
    assert_eq!(names(&account), ["first"]);
    let health = account.health(&HealthRequest {}).unwrap();
    assert!(health.ready && health.mode == "ephemeral" && health.sequence > 0);
    assert_eq!(health.process_id, i64::from(daemon.process_id()));
    assert_eq!(account.version(&VersionRequest {}).unwrap().protocol, 1);
    assert!(!account.describe_regions(&DescribeRegionsRequest {}).unwrap().regions.is_empty());
}

#[test]
fn accounts_do_not_see_each_other_and_go_with_their_guard() {
    account!(daemon, account);
    let other = daemon.account().unwrap();
    let vm = register(&account);
    account.create_image(&create(&vm.instance_id, "mine", "")).unwrap();
    assert!(names(&other).is_empty());
    let described = other.describe_account(&DescribeAccountRequest {}).unwrap();
    assert_eq!(described.account_id, other.id());
    let gone = other.client().clone();
    drop(other);
    let error = gone.describe_account(&DescribeAccountRequest {}).unwrap_err();
    assert_eq!(error.ecs_code(), Some("Forbidden"));
    assert_eq!(error.status(), Some(StatusCode::PERMISSION_DENIED));
}

#[test]
fn an_account_goes_with_its_guard_though_its_client_was_closed() {
    account!(daemon, account);
    let id = account.id().to_owned();
    account.client().close();
    let error = account.version(&VersionRequest {}).unwrap_err();
    assert!(matches!(error, Error::NotSent { .. }), "{error}");
    drop(account);
    let other = daemon.client().unwrap().with_account(&id);
    let error = other.describe_account(&DescribeAccountRequest {}).unwrap_err();
    assert_eq!(error.ecs_code(), Some("Forbidden"));
}

#[test]
fn an_error_names_parameter_and_way_out() {
    account!(daemon, account);
    let error = account.create_image(&create("i-none", "name", "")).unwrap_err();
    assert_eq!(error.ecs_code(), Some("InvalidInstanceId.NotFound"));
    assert_eq!(error.status(), Some(StatusCode::NOT_FOUND));
    let request = CreateImageRequest { image_name: "no:good name".into(), ..create("", "", "") };
    let explained = account.with(CallOptions { explain: true, ..account.options().clone() });
    let error = match explained.create_image(&request).unwrap_err() {
        Error::Ecs(error) => error,
        other => panic!("{other}"),
    };
    assert_eq!((error.http_status, error.request_id.len()), (400, 36));
    assert!(!error.further.is_empty(), "{error:?}");
    let with_hint = [&*error].into_iter().chain(&error.further).find(|it| !it.hint.is_empty());
    assert!(with_hint.is_some(), "{error:?}");
}

#[test]
fn a_token_gives_the_same_image() {
    account!(daemon, account);
    let vm = register(&account);
    let request = create(&vm.instance_id, "once", "token");
    let first = account.create_image(&request).unwrap();
    let second = account.create_image(&request).unwrap();
    assert_eq!(first.image_id, second.image_id);
    assert_ne!(first.request_id, second.request_id);
    let error = account.create_image(&create(&vm.instance_id, "other", "token")).unwrap_err();
    assert_eq!(error.ecs_code(), Some("IdempotenceParamNotMatch"));
}

#[test]
fn many_threads_share_one_connection() {
    account!(daemon, account);
    const THREADS: usize = 16;
    const CALLS: usize = 20;
    let start = Arc::new(Barrier::new(THREADS));
    let threads: Vec<_> = (0..THREADS)
        .map(|_| {
            let (client, start) = (account.client().clone(), start.clone());
            thread::spawn(move || {
                start.wait();
                (0..CALLS).map(|_| register(&client).instance_id).collect::<Vec<String>>()
            })
        })
        .collect();
    let made: Vec<String> = threads.into_iter().flat_map(|it| it.join().unwrap()).collect();
    let ids: BTreeSet<&String> = made.iter().collect();
    assert_eq!(ids.len(), THREADS * CALLS);
    let request =
        DescribeInstancesRequest { region_id: "cn-hangzhou".into(), ..Default::default() };
    let described = account.describe_instances(&request).unwrap();
    assert_eq!(described.total_count as usize, made.len());
    assert_eq!(account.health(&HealthRequest {}).unwrap().connections, 1);
}

#[test]
fn hundreds_of_calls_are_under_way_from_one_thread() {
    account!(daemon, account);
    let calls: Vec<_> = (0..1500).map(|_| account.begin(&VersionRequest {}).unwrap()).collect();
    let mut requests = BTreeSet::new();
    for call in calls {
        requests.insert(call.wait().unwrap().request_id);
    }
    assert_eq!(requests.len(), 1500);
}

#[test]
fn a_wait_is_cancelled_from_another_thread() {
    account!(daemon, account);
    account.hold_jobs(&HoldJobsRequest::default()).unwrap();
    let vm = register(&account);
    let image = account.create_image(&create(&vm.instance_id, "held", "")).unwrap();
    let waiting = account.begin(&wait_for(&image)).unwrap();
    let canceller = waiting.canceller();
    let cancelling = thread::spawn(move || canceller.cancel());
    let error = waiting.wait().unwrap_err();
    cancelling.join().unwrap();
    assert_eq!(error.status(), Some(StatusCode::CANCELLED), "{error}");
    assert_eq!(error.ecs_code(), None);
    // What never was under way can be cancelled too: nothing happens.
    account.cancel(&CancelRequest { stream_id: 1 }).unwrap();
}

#[test]
fn a_held_request_is_cancelled_and_leaves_nothing() {
    account!(daemon, account);
    let vm = register(&account);
    hold_create_image(&account);
    let held = account.begin(&create(&vm.instance_id, "never", "never")).unwrap();
    while !is_held(&account, "never") {}
    assert!(!held.is_done());
    held.cancel();
    let error = held.wait().unwrap_err();
    assert_eq!(error.status(), Some(StatusCode::CANCELLED), "{error}");
    assert!(names(&account).is_empty());
}

#[test]
fn a_deadline_that_passes_leaves_nothing() {
    account!(daemon, account);
    let vm = register(&account);
    hold_create_image(&account);
    let hasty = account.with_timeout(Duration::from_millis(30));
    let error = hasty.create_image(&create(&vm.instance_id, "late", "")).unwrap_err();
    assert_eq!(error.status(), Some(StatusCode::DEADLINE_EXCEEDED), "{error}");
    assert!(!error.is_outcome_unknown());
    let error = account.with_timeout(Duration::ZERO).version(&VersionRequest {}).unwrap_err();
    assert_eq!(error.status(), Some(StatusCode::DEADLINE_EXCEEDED), "{error}");
    assert!(names(&account).is_empty());
}

#[test]
fn after_its_own_clock_the_same_token_tells_the_outcome() {
    account!(daemon, account);
    let vm = register(&account);
    hold_create_image(&account);
    let options = CallOptions {
        timeout: None,
        give_up: Some(Duration::from_millis(30)),
        ..account.options().clone()
    };
    let request = create(&vm.instance_id, "unknown", "unknown");
    let error = account.with(options).create_image(&request).unwrap_err();
    assert!(error.is_outcome_unknown(), "{error}");
    assert!(is_held(&account, "unknown"), "the request goes on");
    let again = account.begin(&request).unwrap();
    account.release_requests(&ReleaseRequestsRequest::default()).unwrap();
    assert!(!again.wait().unwrap().image_id.is_empty());
    assert_eq!(names(&account), ["unknown"]);
}

#[test]
fn a_watch_tells_of_changes_in_their_order() {
    account!(daemon, account);
    let mut watch = account.watch(&WatchRequest::default()).unwrap();
    let vm = register(&account);
    let image = account.create_image(&create(&vm.instance_id, "watched", "")).unwrap();
    let mut kinds = Vec::new();
    let mut last = 0;
    while !kinds.contains(&"ImageChanged".to_owned()) {
        let answer = watch.next_timeout(PATIENCE).unwrap().unwrap();
        for event in answer.events {
            assert!(event.sequence > last);
            last = event.sequence;
            if let Some(changed) = event.image {
                assert_eq!(changed.image_id, image.image_id);
            }
            kinds.push(event.kind);
        }
    }
    for kind in ["InstanceChanged", "DiskChanged", "SnapshotChanged"] {
        assert!(kinds.contains(&kind.to_owned()), "{kinds:?}");
    }
    let canceller = watch.canceller();
    canceller.cancel();
    let error = loop {
        match watch.next() {
            Some(Ok(_)) => {}
            other => break other.unwrap().unwrap_err(),
        }
    };
    assert_eq!(error.status(), Some(StatusCode::CANCELLED), "{error}");
    assert!(watch.next().is_none());
    // Its unary twin tells the same.
    let request = ReadEventsRequest { after_sequence: Some(last - 1), ..Default::default() };
    assert_eq!(account.read_events(&request).unwrap().events[0].sequence, last);
}

#[test]
fn watches_that_are_left_end_at_the_daemon() {
    account!(daemon, account);
    // A connection has room for 128 of them.
    for _ in 0..300 {
        drop(account.watch(&WatchRequest::default()).unwrap());
    }
    account.advance_clock(&AdvanceClockRequest { seconds: Some(1), ..Default::default() }).unwrap();
    let mut watch = account.watch(&WatchRequest::default()).unwrap();
    register(&account);
    assert!(watch.next_timeout(PATIENCE).unwrap().is_ok());
}

#[test]
fn stream_ids_run_out_without_anybody_noticing() {
    account!(daemon, account);
    account.hold_jobs(&HoldJobsRequest::default()).unwrap();
    let vm = register(&account);
    let image = account.create_image(&create(&vm.instance_id, "held", "")).unwrap();
    set_next_stream_id(&account, u32::MAX - 20);
    let old = account.begin(&wait_for(&image)).unwrap();
    for _ in 0..40 {
        account.version(&VersionRequest {}).unwrap();
    }
    assert_eq!(account.health(&HealthRequest {}).unwrap().connections, 2);
    account.finish_jobs(&FinishJobsRequest::default()).unwrap();
    assert_eq!(old.wait().unwrap().image.unwrap().image_id, image.image_id);
}

#[test]
fn a_killed_daemon_leaves_outcomes_unknown_and_a_new_one_is_found() {
    let mut daemon = match daemon() {
        Some(daemon) => daemon,
        None => return,
    };
    let client = daemon.client().unwrap();
    let vm = register(&client);
    hold_create_image(&client);
    let held = client.begin(&create(&vm.instance_id, "lost", "")).unwrap();
    while !is_held(&client, "") {}
    daemon.kill();
    let error = held.wait().unwrap_err();
    assert!(error.is_outcome_unknown(), "{error}");
    let error = client.version(&VersionRequest {}).unwrap_err();
    assert!(matches!(error, Error::Connect { .. }), "{error}");
    daemon.restart().unwrap();
    register(&client); // Any request goes over a new connection.
    assert!(names(&client).is_empty());
}

#[test]
fn a_daemon_that_does_not_start_says_why() {
    if daemon().is_none() {
        return;
    }
    let error = imaged::testing::Daemon::start_with(["--no-such-option"]).unwrap_err();
    assert!(error.to_string().contains("--no-such-option"), "{error}");
}
