export async function getServerSideProps({ req }) {
  return { props: { name: req.tailscale?.name ?? 'stranger' } };
}

export default function Page({ name }) {
  return <p>Hello {name}.</p>;
}
