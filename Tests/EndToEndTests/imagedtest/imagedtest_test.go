package imagedtest

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/denverdino/aliyungo/common"
	"github.com/denverdino/aliyungo/ecs"
)

// An SDK by somebody else, as Debian packages it. It signs with version 1 and decodes strictly. (Its
// model of snapshots has an integer where the official ones have a string.)
func client(w *World) *ecs.Client {
	return ecs.NewClientWithEndpoint(w.URL, w.AccessKeyID, w.AccessKeySecret)
}

func TestBake(t *testing.T) {
	w := Start(t)
	c := client(w)
	instance := w.AddInstance(t, 40, 100)
	id, err := c.CreateImage(&ecs.CreateImageArgs{
		RegionId: common.Hangzhou, InstanceId: instance, ImageName: "web-1", ImageVersion: "1"})
	if err != nil {
		t.Fatal(err)
	}
	w.Post(t, "FinishJobs", nil)
	if err := c.WaitForImageReady(common.Hangzhou, id, 60); err != nil {
		t.Fatal(err)
	}
	images, _, err := c.DescribeImages(&ecs.DescribeImagesArgs{RegionId: common.Hangzhou, ImageId: id})
	if err != nil || len(images) != 1 {
		t.Fatal(images, err)
	}
	image := images[0]
	if image.ImageName != "web-1" || image.Size != 40 || len(image.DiskDeviceMappings.DiskDeviceMapping) != 2 ||
		image.DiskDeviceMappings.DiskDeviceMapping[1].Size != "100" {
		t.Fatalf("%+v", image)
	}
	disks, _, err := c.DescribeDisks(&ecs.DescribeDisksArgs{RegionId: common.Hangzhou, InstanceId: instance})
	if err != nil || len(disks) != 2 || disks[0].Status != ecs.DiskStatusInUse {
		t.Fatal(disks, err)
	}
	if err := c.DeleteImage(common.Hangzhou, id); err != nil {
		t.Fatal(err)
	}
}

func TestErrorsAreTheSDKs(t *testing.T) {
	w := Start(t)
	w.Post(t, "AddFaultRule", map[string]any{
		"operation": "CreateImage", "action": "fail", "code": "TooManySnapshot.Unfinished"})
	_, err := client(w).CreateImage(&ecs.CreateImageArgs{
		RegionId: common.Hangzhou, InstanceId: w.AddInstance(t, 40)})
	failure, isError := err.(*common.Error)
	if !isError || failure.StatusCode != 403 || failure.Code != "TooManySnapshot.Unfinished" ||
		failure.Message == "" || failure.RequestId == "" {
		t.Fatalf("%#v", err)
	}
}

// Each test has an account of its own on one daemon.
func TestWorldsAreApart(t *testing.T) {
	first := Start(t)
	t.Setenv("IMAGED_ENDPOINT", first.Endpoint)
	second := Start(t)
	if first.AccessKeyID == second.AccessKeyID {
		t.Fatal(first.AccessKeyID)
	}
	_, err := client(second).CreateImage(&ecs.CreateImageArgs{
		RegionId: common.Hangzhou, InstanceId: first.AddInstance(t, 40)})
	if err == nil || !strings.Contains(err.Error(), "InvalidInstanceId.NotFound") {
		t.Fatal(err)
	}
}

func TestHardCodedHostsAreReached(t *testing.T) {
	w := Start(t)
	c := http.Client{Transport: w.Transport(), Timeout: time.Minute}
	response, err := c.Get("https://ecs.aliyuncs.com/?Action=DescribeRegions&Version=2014-05-26&AccessKeyId=" +
		w.AccessKeyID)
	if err != nil || response.StatusCode != 200 {
		t.Fatal(response, err)
	}
}
