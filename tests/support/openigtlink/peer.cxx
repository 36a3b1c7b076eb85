// An OpenIGTLink server on the protocol's own C++ library, for the tests of the driver: listens on loopback, waits for one
// client, sends images, a pose and a status, and prints what it sent.
//   peer COUNT WIDTH HEIGHT SCALAR   (SCALAR: 3 uint8, 4 int16, 5 uint16; numbers of the protocol)
#include <igtlImageMessage.h>
#include <igtlServerSocket.h>
#include <igtlStatusMessage.h>
#include <igtlOSUtil.h>
#include <igtlTimeStamp.h>
#include <igtlTransformMessage.h>
#include <cstdio>
#include <cstdlib>

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  const int count = atoi(argv[1]), width = atoi(argv[2]), height = atoi(argv[3]), scalar = atoi(argv[4]);
  auto server = igtl::ServerSocket::New();
  if (server->CreateServer(0) < 0) return 1;
  printf("port %d\n", server->GetServerPort());
  fflush(stdout);
  auto client = server->WaitForConnection(20000);
  if (client.IsNull()) return 1;
  auto stamp = igtl::TimeStamp::New();
  for (int index = 0; index < count; index++) {
    int size[3] = {width, height, 1};
    float spacing[3] = {0.2f, 0.3f, 1.0f};
    int offset[3] = {0, 0, 0};
    auto image = igtl::ImageMessage::New();
    image->SetDimensions(size);
    image->SetSpacing(spacing);
    image->SetScalarType(scalar);
    image->SetSubVolume(size, offset);
    image->SetDeviceName("Peer");
    image->SetEndian(igtl::ImageMessage::ENDIAN_LITTLE);
    image->AllocateScalars();
    auto* bytes = static_cast<unsigned char*>(image->GetScalarPointer());
    for (int at = 0; at < width * height * (scalar == 3 ? 1 : 2); at++) bytes[at] = (at * 7 + index * 31 + (at >> 8)) & 0xff;
    stamp->GetTime();
    image->SetTimeStamp(stamp);
    image->Pack();
    client->Send(image->GetPackPointer(), image->GetPackSize());

    auto pose = igtl::TransformMessage::New();
    igtl::Matrix4x4 matrix;
    igtl::IdentityMatrix(matrix);
    matrix[0][3] = index;
    pose->SetDeviceName("Probe");
    pose->SetMatrix(matrix);
    pose->Pack();
    client->Send(pose->GetPackPointer(), pose->GetPackSize());
    igtl::Sleep(20);
  }
  auto status = igtl::StatusMessage::New();
  status->SetDeviceName("Peer");
  status->SetCode(igtl::StatusMessage::STATUS_NOT_READY);
  status->SetErrorName("NotReady");
  status->SetStatusString("the probe is unplugged");
  status->Pack();
  client->Send(status->GetPackPointer(), status->GetPackSize());
  igtl::Sleep(1000);
  client->CloseSocket();
  return 0;
}
